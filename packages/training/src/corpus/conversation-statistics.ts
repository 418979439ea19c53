import type { ConversationChoice } from "@trainer/options";
import { breathe } from "./breathe.js";
import { characters } from "./characters.js";
import { ConversationDocuments } from "./conversation-documents.js";
import type { Turn } from "./conversation.js";
import { leftOutOf, openCorpus } from "./corpus.js";
import { DistinctCounter } from "./distinct-counter.js";
import { viewOf } from "./document-batch.js";
import { documentHash, seedKey } from "./document-hash.js";
import { counted, noLosses } from "./left-out.js";
import type { LeftOut } from "../home/text-losses.js";
import type { StatisticsOptions } from "./statistics.js";

/** Turns of one kind. */
export interface TurnCount {
  readonly turns: number;
  /** Code points. */
  readonly characters: number;
}

/** Statistics of records that are read as conversations. */
export interface ConversationStatistics {
  readonly files: number;
  /** Files by the format that they are read in. */
  readonly formats: Readonly<Record<string, number>>;
  /** Size on disk. */
  readonly bytes: number;
  readonly conversations: number;
  /** Conversations that have come before. */
  readonly duplicates: number;
  /** True if that is exact: there are a million different ones at most. */
  readonly duplicatesExact: boolean;
  readonly roles: Readonly<Record<Turn["role"], TurnCount>>;
  /** Answers to learn. */
  readonly learnt: TurnCount;
  /** Of the longest conversation. */
  readonly longest: TurnCount;
  readonly leftOut: LeftOut;
  /** The first conversations. */
  readonly examples: readonly (readonly Turn[])[];
}

const [HASH, MORE] = [seedKey("conversation", 0), seedKey("conversation", 1)];

/** Reads conversations once, in memory that does not grow with them. Errors: those of `openCorpus`. */
export async function conversationStatistics(
  paths: string | readonly string[],
  { records, show, onRead, ...options }: ConversationStatisticsOptions,
): Promise<ConversationStatistics> {
  const corpus = await openCorpus(paths, { ...options, records, document: "file" });
  const distinct = new DistinctCounter();
  const documents = new ConversationDocuments();
  const roles = { system: nothing(), user: nothing(), assistant: nothing() };
  const learnt = nothing();
  const examples: (readonly Turn[])[] = [];
  let longest = nothing();
  let conversations = 0;
  let losses = noLosses;
  const hear = (read: { readonly bytes: number; readonly losses: typeof losses }) => {
    losses = read.losses;
    onRead?.({ bytes: read.bytes, totalBytes: corpus.totalBytes });
  };
  for await (const batch of corpus.documents({ signal: options.signal, onRead: hear })) {
    for (const turns of documents.push(batch)) {
      await breathe();
      conversations += 1;
      if (examples.length < show) examples.push(turns);
      const own = nothing();
      for (const { role, content, trained } of turns) {
        const length = characters(Buffer.from(content));
        for (const count of [own, roles[role], ...(trained ? [learnt] : [])]) {
          count.turns += 1;
          count.characters += length;
        }
      }
      if (own.characters > longest.characters) longest = own;
      const bytes = Buffer.from(JSON.stringify(turns));
      const view = viewOf(bytes);
      distinct.add(documentHash(view, HASH), (documentHash(view, MORE) ^ bytes.length) & 0x1fffff);
    }
  }
  return {
    files: corpus.files.length,
    formats: Object.fromEntries(counted(corpus.files.map(({ format }) => format))),
    bytes: corpus.totalBytes,
    conversations,
    duplicates: Math.max(0, conversations - distinct.count),
    duplicatesExact: distinct.exact,
    roles,
    learnt,
    longest,
    leftOut: leftOutOf(corpus, losses),
    examples,
  };
}

export interface ConversationStatisticsOptions extends StatisticsOptions {
  /** Shape of the records. */
  readonly records: ConversationChoice;
  /** Number of conversations to show. */
  readonly show: number;
}

const nothing = () => ({ turns: 0, characters: 0 });
