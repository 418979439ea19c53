import { availableParallelism } from "node:os";
import { native, type NativeTrainer } from "./addon.js";
import { TokenizerError } from "./errors.js";
import { bytesOf, PROGRESS_MS, trainingError } from "./train-input.js";
import type { TrainOptions, TrainProgress } from "./train-options.js";

/** What one training is. */
interface Course {
  /** Lexer of text, and whether it is composed before. */
  readonly pattern: number;
  readonly nfc: boolean;
  /** The most merges there can be. */
  readonly most: number;
  readonly count: (trainer: NativeTrainer, options: TrainOptions) => Promise<void>;
  readonly merge: (trainer: NativeTrainer) => Promise<Uint32Array>;
}

/** The merges that a native trainer learns. Throws CORPUS_EMPTY, CANCELLED, TOKENIZER_TRAIN_FAILED. */
export async function runTrainer(
  options: TrainOptions,
  { pattern, nfc, most, count, merge }: Course,
): Promise<Uint32Array> {
  const { threads = availableParallelism() } = options;
  const totalBytes = options.files === undefined ? null : await bytesOf(options.files);
  const trainer = new (native().Trainer)(threads, pattern, nfc);
  let phase: TrainProgress["phase"] = "count";
  const report = () => options.onProgress?.({ phase, totalBytes, totalMerges: most, ...trainer.progress() });
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
    const merges = await merge(trainer);
    report();
    return merges;
  } catch (error) {
    throw trainingError(error, options.signal);
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener("abort", cancel);
  }
}
