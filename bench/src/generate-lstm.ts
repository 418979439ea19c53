import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ours, peer } from "./child.js";
import type { GenerateLstmSettings } from "./generate-lstm-settings.js";
import { GenerateResult } from "./generate-settings.js";
import { chosen, median, type BenchmarkOptions, type Side, type Work } from "./report.js";

const UNKNOWN = "[UNK]";
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const lstm = (embedDim: number, hiddenDim: number) => ({
  model_type: "char_lstm",
  vocab_size: CHARACTERS.length + 1,
  embed_dim: embedDim,
  hidden_dim: hiddenDim,
  num_layers: 2,
  dropout: 0.1,
  max_seq_len: 2048,
});
const JOBS = { "Char-LSTM tiny": lstm(128, 256), "Char-LSTM small": lstm(256, 512) };
const PROMPT = "To be, or not to be: that is the question";
const DRAWN = { newTokens: 1000, temperature: 0.8, topK: 50, likeliest: 200, repeats: 5 };

/** Character LSTMs beside the Python loop over torch.nn.LSTM: temperature 0.8, top-k 50; the same weights on both sides. */
export async function generateLstm(root: string, options: BenchmarkOptions): Promise<Work[]> {
  const works: Work[] = [];
  for (const [name, config] of Object.entries(JOBS).filter(chosen(options))) {
    const folder = mkdtempSync(join(root, "model-"));
    const vocab = Object.fromEntries([...CHARACTERS, UNKNOWN].map((char, id) => [char, id]));
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ kind: "char", specials: [UNKNOWN], vocab }));
    await peer(options.python, "generate_lstm.py", { folder, seed: 1, save: true }, z.object({}));
    const prompt = Array.from(PROMPT, (char) => CHARACTERS.indexOf(char));
    const settings = { ...DRAWN, folder, threads: options.threads, text: PROMPT, prompt };
    works.push({ name, sides: await sides(name, settings, options) });
  }
  return works;
}

async function sides(name: string, settings: GenerateLstmSettings, options: BenchmarkOptions): Promise<Side[]> {
  const runs = [
    { name: "ours", run: () => ours("./generate-lstm-ours.js", settings, GenerateResult) },
    {
      name: "Python loop over torch.nn.LSTM",
      run: () => peer(options.python, "generate_lstm.py", settings, GenerateResult),
    },
  ];
  const found = runs.map((): GenerateResult[] => []);
  const speed = ({ seconds }: GenerateResult) => settings.newTokens / median(seconds.slice(1));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [i, { name: side, run }] of runs.entries()) {
      const result = await run();
      found[i]?.push(result);
      options.log(`${name}, round ${round + 1} of ${options.rounds}: ${side} ${speed(result).toFixed(0)} tokens/s`);
    }
  }
  const theirs = found.at(-1)?.[0]?.tokens;
  return runs.map(({ name: side }, i) => {
    const results = found[i] ?? [];
    const equal = results[0]?.tokens.filter((token, at) => token === theirs?.[at]).length;
    return {
      name: side,
      rounds: results.map(speed),
      peakBytes: median(results.map(({ peakBytes }) => peakBytes)),
      libraryBytes: median(results.map(({ libraryBytes }) => libraryBytes)),
      evidence: `${equal} of ${settings.likeliest} likeliest tokens equal`,
    };
  });
}
