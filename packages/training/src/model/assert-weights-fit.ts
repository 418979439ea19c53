import { memoryBytes } from "@trainer/disk";
import { devices, optimizerInfo } from "@trainer/torch";
import { TrainingError } from "../errors.js";
import { newModel } from "./make-model.js";
import { trainable } from "../step/optimizer.js";
import type { RunOptions } from "../options/options.js";
import { outOfMemory } from "../step/out-of-memory.js";

/** Bytes of a number. */
const FLOAT32 = 4;

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
  const { params } = newModel(options, vocabSize, "meta");
  const trained = [...trainable(params.named(), options.freezeEmbed).values()].reduce((sum, p) => sum + p.numel, 0);
  const parameters = params.count();
  for (const shape of params.list()) shape.dispose();
  const { moments } = optimizerInfo(options.optimizer);
  const bytes = FLOAT32 * (parameters + trained * (1 + moments)); // a gradient and moments for each that is trained
  if (bytes <= limit) return;
  throw new TrainingError(
    outOfMemory(device),
    `a model of ${parameters} parameters takes ${gigabytes(bytes)} with its gradients and the optimizer's state, and there are ` +
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
