import { memoryBytes } from "@trainer/disk";
import { devices } from "@trainer/torch";
import { TrainingError } from "../errors.js";
import type { RunOptions } from "../options/options.js";
import { outOfMemory } from "../step/out-of-memory.js";
import { newModelSize } from "./model-size.js";

/**
 * Refuses a new model whose weights, gradients and optimizer state alone are more than there is of memory. Memory that is
 * only promised is taken page by page, and the kernel then ends a process of its own choice.
 */
export function assertWeightsFit(
  options: RunOptions,
  vocabSize: number,
  device: "cpu" | "cuda",
  limit = memoryOf(device),
): void {
  const { parameters, weightBytes } = newModelSize(options, vocabSize);
  if (weightBytes <= limit) return;
  throw new TrainingError(
    outOfMemory(device),
    `a model of ${parameters} parameters takes ${gigabytes(weightBytes)} with its gradients and the optimizer's state, and there are ` +
      `${gigabytes(limit)} in all: ask for a smaller model or vocabulary, or for sgd as the optimizer`,
  );
}

/** All there is, in bytes. */
export function memoryOf(
  device: "cpu" | "cuda",
  { bytes }: { readonly bytes: readonly number[] } = devices().cuda,
): number {
  const [gpu = 0] = bytes;
  return device === "cuda" ? gpu : memoryBytes();
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
