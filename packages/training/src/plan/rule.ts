import type { Outline } from "@trainer/models/capabilities";
import { vocabSizeFor } from "../options/vocab-size.js";
import type { Settings } from "./settings.js";
import type { TextFacts } from "./text-facts.js";

// Expected bits of a training, and its settings. Every number here was fitted to runs: docs/decisions/057.

/** Size, length and optimizer of a training. */
export interface Effort {
  /** Parameters beside the embedding. */
  readonly parameters: number;
  /** Bytes of text that are seen, each as often as it is. */
  readonly bytesSeen: number;
  readonly optimizer: string;
}

/**
 * Bits a byte of text of the same kind that the training has not seen: those of the text as a counting model has them, times
 * a floor and what the model's size and the text that it has seen leave above it (the form of Hoffmann et al. 2022).
 */
export function expectedBits({ countingBits, bytes }: TextFacts, { parameters, bytesSeen, optimizer }: Effort): number {
  const fresh = (optimizer === "muon" ? MUON : 1) * worthOf(bytesSeen, bytes);
  const slow = Math.max(1, parameters / LARGE) ** LARGE_POWER;
  return countingBits * (FLOOR + MODEL * parameters ** -MODEL_POWER + DATA * slow * fresh ** -DATA_POWER);
}

const FLOOR = 0.616;
const MODEL = 2.85;
const MODEL_POWER = 0.3;
const DATA = 486;
const DATA_POWER = 0.535;

/** Bytes for AdamW that one for Muon is worth. */
const MUON = 2.1;

/** Parameters beyond which a model learns more slowly at first. */
const LARGE = 800_000;
const LARGE_POWER = 0.08;

/** Bytes of new text that a training on `bytesSeen` is worth, of a text of `bytes` (Muennighoff et al. 2023). */
export function worthOf(bytesSeen: number, bytes: number): number {
  const repeats = bytesSeen / bytes - 1;
  return repeats <= 0 ? bytesSeen : bytes * (1 + REPEATS * (1 - Math.exp(-repeats / REPEATS)));
}

/** Repetitions after which a text has given most of what it can. */
const REPEATS = 15;

/** Times through a text after which the loss on other text rises again: fewer for a model with more parameters than bytes. */
export const passesUntilOverfit = (
  { bytes }: Pick<TextFacts, "bytes">,
  { parameters, optimizer }: Omit<Effort, "bytesSeen">,
): number => (optimizer === "muon" ? MUON_PASSES : PASSES) * Math.min(1, bytes / parameters) ** PASSES_POWER;

const PASSES = 12;
const MUON_PASSES = 7;
const PASSES_POWER = 0.25;

/** The most parameters beside the embedding that a text of so many bytes is enough for. */
export const mostParameters = ({ bytes }: Pick<TextFacts, "bytes">): number => 4 * bytes;

type Dimensions = Pick<Outline, "width" | "heads">;
type Device = "cpu" | "cuda";

/** The optimizer for a model where none was chosen. Muon was measured on models with attention, on processors. */
export const optimizerFor = ({ heads }: Pick<Outline, "heads">, device: Device): string =>
  heads !== null && device === "cpu" ? "muon" : "adamw";

/** Settings of a training by the model's shape. */
export const settingsFor = ({ width }: Pick<Outline, "width">, device: Device, optimizer: string) => ({
  maxSeqLen: device === "cuda" && width >= 384 ? 512 : 128,
  batchSize: device === "cuda" ? 32 : width <= 128 && optimizer !== "muon" ? 4 : 8,
  lrSchedule: "linear",
  minLr: 0,
  earlyStoppingPatience: 5,
});

/** Settings of an optimizer by the model's shape; an optimizer that the rule does not know keeps its own. */
export const ratesFor = (optimizer: string, dimensions: Dimensions): Settings => RATES[optimizer]?.(dimensions) ?? {};

const RATES: Readonly<Record<string, (dimensions: Dimensions) => Settings>> = {
  adamw: ({ width, heads }) => ({
    learningRate: heads === null ? 0.002 : Number(Math.min(0.008, 0.004 * (128 / width)).toPrecision(2)),
    weightDecay: 0.1,
    beta2: 0.99,
  }),
  muon: () => ({ learningRate: 0.01, matrixLr: 0.02, weightDecay: 0.1, beta2: 0.99 }),
};

/** Tokens of a vocabulary, with bpe: as many as the text fills, and no more than are learned in the time. */
export const vocabularyFor = (bytes: number, seconds: number): number =>
  Math.min(vocabSizeFor(bytes), seconds < 60 ? 2048 : seconds < 1800 ? 4096 : 32_768);
