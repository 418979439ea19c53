import { stat } from "node:fs/promises";
import { inspect } from "node:util";
import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import type { TrainOptions } from "./train-options.js";

/** Interval of a training's progress reports. */
export const PROGRESS_MS = 100;

/** Refuses options of training that no method could take. Throws INVALID_INPUT. */
export function checkTrainOptions({ files, texts, unit, threads }: Omit<TrainOptions, "vocabSize">): void {
  if ((files === undefined) === (texts === undefined)) throw invalid("give either files or texts to train on");
  if (unit !== undefined && unit !== "line" && unit !== "file")
    throw invalid(`unit must be line or file, not ${inspect(unit)}`);
  checkWhole("threads", threads ?? 1);
  if (threads === 0) throw invalid("threads must be 1 or more, not 0");
}

export function checkWhole(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0) throw invalid(`${name} must be a whole number, not ${inspect(value)}`);
}

/** The bytes of all files together. Throws INVALID_INPUT for one that cannot be read. */
export async function bytesOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async (path) => {
      const found = await stat(path).catch((cause: unknown) => {
        throw new TokenizerError("INVALID_INPUT", `cannot read ${path}`, { cause });
      });
      if (!found.isFile()) throw invalid(`${path} is not a file`);
      return found.size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Maps an error of a training. */
export function trainingError(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new TokenizerError("CANCELLED", "training was cancelled", { cause });
  if (cause instanceof TokenizerError) return cause;
  const what = cause instanceof Error ? cause.message : inspect(cause);
  return new TokenizerError("TOKENIZER_TRAIN_FAILED", `training failed: ${what}`, { cause });
}
