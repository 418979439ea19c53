import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ours, peer } from "./child.js";
import { generateLstm } from "./generate-lstm.js";
import { GenerateResult, type GenerateSettings } from "./generate-settings.js";
import { chosen, median, type Benchmark, type BenchmarkOptions, type Side, type Work } from "./report.js";
import { temporaryFolder } from "./token-file.js";

const NEW_TOKENS = 224;
const ends = { bos_token_id: 0, eos_token_id: 0 };
const gpt2 = (layers: number, width: number, heads: number, vocabSize: number) => ({
  ...ends,
  model_type: "gpt2",
  vocab_size: vocabSize,
  n_positions: 256,
  n_layer: layers,
  n_embd: width,
  n_head: heads,
});
const llama = {
  ...ends,
  model_type: "llama",
  vocab_size: 4096,
  max_position_embeddings: 256,
  num_hidden_layers: 4,
  hidden_size: 256,
  intermediate_size: 704,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  tie_word_embeddings: true,
};
const small = gpt2(12, 768, 12, 50257);

interface Job {
  /** The `config.json` that both sides build their model from. */
  readonly config: object;
  /** Texts that are written side by side. */
  readonly sequences: number;
  /** Formats of the weights, a row each; the first is compared token by token. */
  readonly weights: readonly GenerateSettings["weights"][];
}

const JOBS: Readonly<Record<string, Job>> = {
  "GPT-2 4 x 256": { config: gpt2(4, 256, 4, 4096), sequences: 1, weights: ["fp32", "bf16", "int8"] },
  "LLaMA 4 x 256": { config: llama, sequences: 1, weights: ["fp32", "int8"] },
  "GPT-2 small 124M, 1 text": { config: small, sequences: 1, weights: ["fp32", "bf16", "int8"] },
  "GPT-2 small 124M, 8 texts": { config: small, sequences: 8, weights: ["fp32", "bf16", "int8"] },
  "GPT-2 small 124M, 16 texts": { config: small, sequences: 16, weights: ["fp32", "bf16", "int8"] },
};

/** Greedy, with a key-value cache, 224 tokens after 32; the same weights on both sides. Tokens of all texts together. */
export const generate: Benchmark = async (options) => {
  using root = temporaryFolder();
  const works: Work[] = [];
  const { bytesPerSecond } = await ours("./bandwidth-ours.js", options, z.object({ bytesPerSecond: z.number() }));
  options.log(`memory is read at ${(bytesPerSecond / 1e9).toFixed(1)} GB/s by ${options.threads} threads`);
  for (const [name, { config, ...job }] of Object.entries(JOBS).filter(chosen(options))) {
    const folder = mkdtempSync(join(root.path, "model-"));
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    await peer(options.python, "generate.py", { folder, seed: 1, save: true }, z.object({}));
    works.push({ name, sides: await sides(name, folder, job, { ...options, bytesPerSecond }) });
  }
  works.push(...(await generateLstm(root.path, options)));
  return { benchmark: "generate", unit: "tokens/s", better: "higher", works };
};

async function sides(
  name: string,
  folder: string,
  { sequences, weights }: Omit<Job, "config">,
  { rounds, threads, python, log, bytesPerSecond }: BenchmarkOptions & { readonly bytesPerSecond: number },
): Promise<Side[]> {
  const prompt = Array.from({ length: 32 }, (_, i) => (i * 97 + 11) % 4096);
  const settings = { folder, prompt, newTokens: NEW_TOKENS, threads, sequences, repeats: sequences === 1 ? 4 : 2 };
  const runs = [
    ...weights.map((each) => ({
      name: `ours, ${each}`,
      run: () => ours("./generate-ours.js", { ...settings, weights: each }, GenerateResult),
    })),
    { name: "transformers generate", run: () => peer(python, "generate.py", settings, GenerateResult) },
  ];
  const found = runs.map((): GenerateResult[] => []);
  const speed = ({ seconds }: GenerateResult) => (sequences * NEW_TOKENS) / median(seconds.slice(1));
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { name: side, run }] of runs.entries()) {
      const result = await run();
      found[i]?.push(result);
      log(`${name}, round ${round + 1} of ${rounds}: ${side} ${speed(result).toFixed(0)} tokens/s`);
    }
  }
  const theirs = found.at(-1)?.[0]?.tokens;
  return runs.map(({ name: side }, i) => {
    const results = found[i] ?? [];
    const rates = results.map(speed);
    const [first] = results;
    const equal = first?.tokens.filter((token, at) => token === theirs?.[at]).length;
    const reached = ((first?.bytesPerStep ?? 0) * median(rates)) / sequences;
    const share = `${(reached / 1e9).toFixed(1)} GB/s, ${(reached / bytesPerSecond).toFixed(2)} of what memory gives`;
    return {
      name: side,
      rounds: rates,
      peakBytes: median(results.map(({ peakBytes }) => peakBytes)),
      libraryBytes: median(results.map(({ libraryBytes }) => libraryBytes)),
      evidence: first?.bytesPerStep === undefined ? "" : `${equal} of ${NEW_TOKENS} tokens equal; ${share}`,
    };
  });
}
