import { setNumThreads } from "@trainer/torch";
import { generate, openHome, openModel } from "@trainer/training";
import { GenerateLstmSettings } from "./generate-lstm-settings.js";
import type { GenerateResult } from "./generate-settings.js";
import { peakBytes, residentBytes } from "./memory.js";

// Our side of the benchmark of a character LSTM: what `trainer generate` runs, text in and text out.
const s = GenerateLstmSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(s.threads);
const libraryBytes = residentBytes();
using opened = await openModel(s.folder, { home: openHome(s.folder), device: "cpu" });

const write = (maxNewTokens: number, temperature: number, topK: number) =>
  generate(opened, { prompt: s.text, maxNewTokens, temperature, topK, seed: 1 });

const seconds: number[] = [];
for (let repeat = 0; repeat < s.repeats; repeat += 1) {
  const start = performance.now();
  const { steps } = await write(s.newTokens, s.temperature, s.topK);
  if (steps !== s.newTokens) throw new Error(`${steps} tokens in place of ${s.newTokens}`);
  seconds.push((performance.now() - start) / 1000);
}
const { outputs } = await write(s.likeliest, 0, 0);
const tokens = [...opened.tokenizer.encode(outputs.join(""))];
const result: GenerateResult = { seconds, tokens, peakBytes: peakBytes(), libraryBytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
