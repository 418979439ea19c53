import type { Frame } from "@trainer/tokenizers";
import type { Corpus, ReadProgress } from "../corpus/corpus.js";
import { noLosses, type TextLosses } from "../corpus/left-out.js";
import { splitDocuments, type SplitBatch } from "../corpus/split-documents.js";
import type { SplitPlan } from "../corpus/split-plan.js";
import { binDType } from "./bin-format.js";
import type { BinTokenizer } from "./bin-tokenizer.js";
import type { BinsManifest } from "./bins-manifest.js";
import { encodeConversations, type Conversations } from "./encode-conversations.js";
import { Framing } from "./frame-documents.js";
import { SplitWriters, type WriteOptions } from "./split-writers.js";

export interface EncodeOptions extends WriteOptions {
  readonly corpus: Corpus;
  readonly tokenizer: BinTokenizer;
  readonly plan: SplitPlan;
  readonly folder: string;
  readonly specialTokens?: boolean | undefined;
  /** How they are encoded where the corpus is of conversations. */
  readonly conversations?: Conversations | null | undefined;
  /** Begin and end tokens of each document. */
  readonly frame: Frame;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEncoded: (read: Readonly<ReadProgress>, tokens: number) => void;
}

export interface Encoded {
  readonly counts: BinsManifest["splits"];
  /** The parts of the text that are not in the bins. */
  readonly losses: TextLosses;
  /** Special tokens that the text spelled, where these were let through. */
  readonly specialTokens: number;
}

/** Encodes a corpus into a new bin for each requested split. The next batch is read while one is encoded. */
export async function encodeSplits(options: EncodeOptions): Promise<Encoded> {
  const { conversations = null } = options;
  if (conversations !== null) return await encodeConversations(conversations, options);
  const { corpus, tokenizer, plan, folder, specialTokens = false, threads, signal, onEncoded } = options;
  const framing = new Framing(options.frame, tokenizer.specials.eos);
  const { eos } = framing;
  const dtype = binDType(tokenizer.vocabSize);
  await using writers = await SplitWriters.create(folder, tokenizer, options);
  const into = { dtype, eos, specialTokens, ...(threads === undefined ? {} : { threads }) };
  let spelled = 0;
  const encode = async (batch: SplitBatch) => {
    const encoded = await tokenizer.encodeBatch(batch, into);
    spelled += encoded.specialTokens;
    writers.measure(batch, encoded, eos !== null);
    await writers.write(batch, framing.framed(encoded, batch, batch.split));
  };
  let losses = noLosses;
  const onRead = (read: Readonly<ReadProgress>) => {
    losses = read.losses;
    onEncoded(read, writers.tokens);
  };
  let encoding = Promise.resolve();
  try {
    for await (const batch of splitDocuments(corpus, plan, { signal, onRead })) {
      await encoding;
      encoding = encode(batch);
      encoding.catch(() => {}); // it is awaited below, but may fail while the next batch is being read
    }
  } finally {
    await encoding;
  }
  return { counts: await writers.finish(), losses, specialTokens: spelled };
}
