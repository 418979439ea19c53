import type { Tokenizer } from "@trainer/tokenizers";
import { breathe } from "../corpus/breathe.js";
import { ConversationDocuments, placeOf } from "../corpus/conversation-documents.js";
import type { Turn } from "../corpus/conversation.js";
import type { Corpus, ReadProgress } from "../corpus/corpus.js";
import { CorpusError } from "../corpus/corpus-error.js";
import { SPLITS, type Split } from "../corpus/held-out.js";
import { noLosses } from "../corpus/left-out.js";
import { splitDocuments } from "../corpus/split-documents.js";
import { templateFor } from "../conversation/choose-template.js";
import { ConversationEncoder, type EncodedConversation } from "../conversation/conversation-encoder.js";
import { binDType } from "./bin-format.js";
import { binPath, maskPath, type BinsManifest } from "./bins-manifest.js";
import { ConversationWriter } from "./conversation-writer.js";
import type { EncodeOptions, Encoded } from "./encode-splits.js";

/** How the conversations of a corpus become tokens. */
export interface Conversations {
  readonly tokenizer: Tokenizer;
  /** Tokens of a sequence. */
  readonly context: number;
  readonly template: string;
  /** True if both answers of a pair are kept, each in a sequence of its own; else the chosen one is, as any conversation. */
  readonly pairs?: boolean;
}

/** The same of a corpus; null where it has none. @throws CorpusError INVALID_INPUT as `templateFor` */
export async function conversationsOf(
  { conversations }: Pick<Corpus, "conversations">,
  tokenizer: Tokenizer,
  context: number,
  pairs = false,
): Promise<Conversations | null> {
  return conversations === null ? null : { tokenizer, context, template: await templateFor(tokenizer), pairs };
}

type Options = Omit<EncodeOptions, "tokenizer" | "frame" | "threads" | "conversations">;

/** Encodes a corpus of conversations into a new bin and a mask for each requested split. */
export async function encodeConversations(
  { tokenizer, context, template, pairs = false }: Conversations,
  { corpus, plan, split, folder, measureTraining, specialTokens = false, signal, onEncoded }: Options,
): Promise<Encoded> {
  const encoder = new ConversationEncoder(template, tokenizer, specialTokens);
  const writing = {
    tokenizer,
    dtype: binDType(tokenizer.vocabSize),
    context,
    padId: tokenizer.specials.pad ?? 0,
    pairs,
  };
  const create = async (name: Split, isMeasured: boolean): Promise<ConversationWriter> => {
    const files = { bin: binPath(folder, name), mask: maskPath(folder, name) };
    return await ConversationWriter.create(files, { ...writing, isMeasured });
  };
  await using train = await create("train", measureTraining);
  await using validation = split.holdoutFraction > 0 ? await create("validation", true) : null;
  await using test = split.testSplitRatio > 0 ? await create("test", true) : null;
  const writers = { train, validation, test };
  const documents = {
    train: new ConversationDocuments(),
    validation: new ConversationDocuments(),
    test: new ConversationDocuments(),
  };
  let losses = noLosses;
  let spelled = 0;
  const onRead = (read: Readonly<ReadProgress>) => {
    losses = read.losses;
    onEncoded(
      read,
      SPLITS.reduce((sum, name) => sum + (writers[name]?.tokens ?? 0), 0),
    );
  };
  const encoded = async (turns: readonly Turn[]): Promise<EncodedConversation> => {
    const found = encodedStart(encoder, turns, context);
    const wrong = "wrong" in found ? found.wrong : endless(found, tokenizer);
    if ("wrong" in found || wrong !== null)
      throw new CorpusError("INVALID_INPUT", `${await placeOf(corpus, turns)}: ${wrong}`);
    return found;
  };
  for await (const batch of splitDocuments(corpus, plan, { signal, onRead })) {
    for (const turns of documents[batch.split].push(batch)) {
      await breathe();
      signal?.throwIfAborted();
      if (specialTokens) spelled += spelledBy(tokenizer, turns);
      const chosen = withAnswer(turns, "chosen");
      if (!pairs) {
        await writers[batch.split]?.write(chosen, await encoded(chosen));
        continue;
      }
      const rejected = withAnswer(turns, "rejected");
      if (chosen.length === turns.length) throw new CorpusError("INVALID_INPUT", await noPair(corpus, turns));
      await writers[batch.split]?.writePair(turns, {
        chosen: await encoded(chosen),
        rejected: await encoded(rejected),
      });
    }
  }
  const counts: BinsManifest["splits"] = {
    train: await train.finish(),
    validation: validation && (await validation.finish()),
    test: test && (await test.finish()),
  };
  refuseNone(counts, context);
  return { counts, losses, specialTokens: spelled };
}

/** Turns of a conversation that are encoded at first: telling answers from the rest takes the square of their number. */
const TURNS = 256;

/** A conversation in ids; of one with very many turns as much as fills a sequence, for the rest is left out in any case. */
function encodedStart(
  encoder: ConversationEncoder,
  turns: readonly Turn[],
  context: number,
): ReturnType<ConversationEncoder["encode"]> {
  for (let count = TURNS; ; count *= 2) {
    const found = encoder.encode(turns.slice(0, count));
    if (count >= turns.length || (!("wrong" in found) && found.ids.length > context)) return found;
  }
}

/** A conversation, of a pair with one of its answers. */
const withAnswer = (turns: readonly Turn[], wanted: "chosen" | "rejected"): readonly Turn[] =>
  turns.filter(({ answer = wanted }) => answer === wanted);

async function noPair(corpus: Corpus, turns: readonly Turn[]): Promise<string> {
  const where = await placeOf(corpus, turns);
  return `${where}: one answer, where pairs of answers are expected, with the fields "chosen" and "rejected"; without \`preference\` answers are learnt by themselves`;
}

/** Number of special tokens that turns spell. */
const spelledBy = (tokenizer: Tokenizer, turns: readonly Turn[]): number =>
  turns
    .flatMap(({ content }) => [...tokenizer.encode(content, { specialTokens: true })])
    .filter((id) => tokenizer.isSpecial(id) && id !== tokenizer.specials.unk).length;

/** The reason why a model could not end these answers; null if it can. */
function endless({ ids, trained }: EncodedConversation, tokenizer: Tokenizer): string | null {
  if (ids.some((id, i) => trained[i] === true && tokenizer.isSpecial(id))) return null;
  return (
    `the chat template ends an answer with none of the special tokens of the ${tokenizer.kind} tokenizer, so no answer ` +
    "would end: take a tokenizer that has the template's tokens, or leave it out, and one with them is trained"
  );
}

/** @throws CorpusError INVALID_INPUT for a split whose conversations all begin with more than a sequence */
function refuseNone(counts: BinsManifest["splits"], context: number): void {
  for (const name of SPLITS) {
    const split = counts[name];
    if (split === null || split.documents > 0 || split.mask === undefined) continue;
    const { dropped, unusable = 0 } = split.mask;
    const short = `within ${context} tokens, a sequence: take longer ones (--max-seq-len), or more text`;
    const message =
      unusable === 0
        ? `of the ${dropped} conversations of the ${name} split no answer is ${short}`
        : `of the ${dropped + unusable} pairs of the ${name} split ${unusable} have equal answers or an empty one, and no other is ${short}`;
    throw new CorpusError("INVALID_INPUT", message);
  }
}
