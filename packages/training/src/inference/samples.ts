import { diversity, type Diversity } from "./diversity.js";
import type { EvaluateOptions } from "@trainer/options";
import { generate } from "./generate.js";
import type { OpenModel } from "./open-model.js";

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

/** A text for each prompt, with seeds from `seed` on, and how varied they are together. */
export async function generateSamples(
  opened: OpenModel,
  { prompts, seed, bos }: Pick<EvaluateOptions, "prompts" | "seed" | "bos">,
  signal?: AbortSignal,
): Promise<{ samples: Sample[]; diversity: Diversity }> {
  const samples: Sample[] = [];
  for (const [i, prompt] of prompts.entries()) {
    if (prompt === "" && opened.startId === null) continue;
    const { outputs, steps, finishReasons } = await generate(
      opened,
      { ...SAMPLING, prompt, bos, seed: seed + i },
      signal,
    );
    samples.push({
      prompt,
      output: outputs.join(""),
      seed: seed + i,
      steps,
      finish_reason: finishReasons.join(""),
      max_new_tokens: SAMPLING.maxNewTokens,
      temperature: SAMPLING.temperature,
      top_k: SAMPLING.topK,
      top_p: SAMPLING.topP,
    });
  }
  return { samples, diversity: diversity(samples.map(({ output }) => opened.tokenizer.encode(output))) };
}
