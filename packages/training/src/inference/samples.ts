import { at } from "@trainer/disk";
import type { EvaluateOptions } from "@trainer/options";
import type { DeviceQueue } from "@trainer/torch";
import { diversity, type Diversity } from "./diversity.js";
import { generateMany } from "./generate.js";
import type { WritingModel } from "./writing-model.js";

const SAMPLING = { maxNewTokens: 64, temperature: 0.8, topK: 50, topP: 0.95 } as const;

/** One generated text and how it was made: a line of `samples.jsonl`. */
export interface Sample {
  readonly prompt: string;
  readonly output: string;
  readonly seed: number;
  readonly steps: number;
  readonly finish_reason: string;
  readonly max_new_tokens: number;
  readonly temperature: number;
  readonly top_k: number;
  readonly top_p: number;
}

/**
 * A text for each prompt, with seeds from `seed` on, and how varied they are together. They are written side by side,
 * each as by itself (to the bit on a CPU).
 *
 * @param queue as of `generateManyStream`
 */
export async function generateSamples(
  model: WritingModel,
  { prompts: all, seed, bos }: Pick<EvaluateOptions, "prompts" | "seed" | "bos">,
  signal?: AbortSignal,
  queue?: DeviceQueue | null,
): Promise<{ samples: Sample[]; diversity: Diversity }> {
  const asked = all.map((prompt, i) => ({ prompt, seed: seed + i }));
  const begun = asked.filter(({ prompt }) => prompt !== "" || model.startId !== null);
  const prompts = begun.map(({ prompt }) => prompt);
  const seeds = begun.map(({ seed }) => seed);
  const written = await generateMany(model, prompts, { ...SAMPLING, bos, seeds }, signal, queue);
  const samples = begun.map(({ prompt, seed }, i) => ({
    prompt,
    output: at(written.outputs, i),
    seed,
    steps: at(written.stepsPerSequence, i),
    finish_reason: at(written.finishReasons, i),
    max_new_tokens: SAMPLING.maxNewTokens,
    temperature: SAMPLING.temperature,
    top_k: SAMPLING.topK,
    top_p: SAMPLING.topP,
  }));
  return { samples, diversity: diversity(samples.map(({ output }) => model.tokenizer.encode(output))) };
}
