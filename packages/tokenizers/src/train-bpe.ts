import { availableParallelism } from "node:os";
import { byteStrings, native, type NativeTrainer } from "./addon.js";
import { addedSpecials, bpeJson, initialTokens } from "./bpe-json.js";
import type { BpeDefinition } from "./bpe-definition.js";
import { BpeTokenizer } from "./bpe.js";
import { alphabet, unspell } from "./byte-alphabet.js";
import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { LARGEST_ID } from "./tokenizer-json.js";
import { DEFAULT_SPECIALS, specialsOf } from "./specials.js";
import { textBatches } from "./text-batches.js";
import { bytesOf, checkTrainOptions, checkWhole, PROGRESS_MS, trainingError } from "./train-input.js";
import type { MethodOptions, TrainOptions, TrainProgress } from "./train-options.js";

/** `minFrequency`: pairs seen less often are never merged. */
export type TrainBpeOptions = TrainOptions & MethodOptions;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016 on bytes) with the merges of Hugging Face's `BpeTrainer`. It
 * may come out smaller than requested, when the text has no more pairs to merge. Throws INVALID_INPUT, CORPUS_EMPTY,
 * CANCELLED, TOKENIZER_TRAIN_FAILED.
 */
export async function trainBpe(options: TrainBpeOptions): Promise<BpeTokenizer> {
  const { vocabSize, minFrequency = 2, threads = availableParallelism(), specials = DEFAULT_SPECIALS } = options;
  const tokens = initialTokens(specials);
  check(options, tokens.length);
  const totalBytes = options.files === undefined ? null : await bytesOf(options.files);
  const trainer = new (native().Trainer)(threads);
  let phase: TrainProgress["phase"] = "count";
  const report = () =>
    options.onProgress?.({ phase, totalBytes, totalMerges: vocabSize - tokens.length, ...trainer.progress() });
  const timer = setInterval(report, PROGRESS_MS);
  const cancel = () => trainer.cancel();
  options.signal?.addEventListener("abort", cancel);
  try {
    options.signal?.throwIfAborted();
    await count(trainer, options);
    if (trainer.progress().bytes === 0) throw new TokenizerError("CORPUS_EMPTY", "there is no text to train on");
    report();
    phase = "merge";
    report();
    const merges = await trainer.merge({ vocabSize, minFrequency, ...initialSettings(tokens) });
    report();
    return trained(tokens, merges, specials);
  } catch (error) {
    throw trainingError(error, options.signal);
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener("abort", cancel);
  }
}

function check(options: TrainBpeOptions, least: number): void {
  const { vocabSize, minFrequency = 0, specials } = options;
  checkTrainOptions(options);
  if (specials?.includes("")) throw invalid("a special token cannot be empty");
  checkWhole("vocabSize", vocabSize);
  checkWhole("minFrequency", minFrequency);
  if (vocabSize >= least && vocabSize <= LARGEST_ID) return;
  throw invalid(
    `vocabSize ${vocabSize} is out of range: byte-level BPE needs ${least} (the special tokens and the 256 bytes) ` +
      `before the first merge, and can have ${LARGEST_ID} at most`,
  );
}

async function count(trainer: NativeTrainer, { files, unit, texts = [], signal }: TrainBpeOptions): Promise<void> {
  if (files !== undefined) return trainer.countFiles(files, unit !== "file");
  for await (const { bytes, ends } of textBatches(texts)) {
    signal?.throwIfAborted();
    await trainer.countDocuments(bytes, ends);
  }
}

/** A special token that bytes happen to spell is what those bytes merge to. */
function initialSettings(tokens: readonly string[]) {
  const bytes = tokens.map((token) => unspell(token));
  const byteIds = new Uint32Array(256);
  for (const { byte, char } of alphabet) byteIds[byte] = tokens.indexOf(char);
  return {
    tokens: byteStrings(bytes.map((spelled) => spelled ?? new Uint8Array())),
    spelled: Uint32Array.from(bytes, (spelled) => (spelled === null ? 0 : 1)),
    byteIds,
  };
}

function trained(initial: readonly string[], merges: Uint32Array, specials: readonly string[]): BpeTokenizer {
  const view = new DataView(merges.buffer);
  const idAt = (i: number) => view.getUint32(4 * i, true);
  const madeBy = new Map<number, number>();
  for (let i = 0; i < merges.length; i += 3) {
    const result = idAt(i + 2);
    // A token can come about in several ways; it was first made of two older ones.
    if (idAt(i) < result && idAt(i + 1) < result) madeBy.set(result, i);
  }
  const tokens = [...initial];
  const made = [...madeBy].filter(([id]) => id >= initial.length).sort(([a], [b]) => a - b);
  for (const [, i] of made) tokens.push(`${tokens[idAt(i)]}${tokens[idAt(i + 1)]}`);
  const unknown = specials.includes("[UNK]") ? "[UNK]" : null;
  const definition: BpeDefinition = {
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
    pattern: "gpt2",
    nfc: false,
    ignoreMerges: false,
    fuseUnknown: false,
    unknown: unknown === null ? null : tokens.indexOf(unknown),
    added: addedSpecials(tokens, specials),
  };
  return new BpeTokenizer(definition, () => bpeJson({ tokens, merges, specials, unknown }), specialsOf(tokens));
}
