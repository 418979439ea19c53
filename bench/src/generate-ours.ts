import { loadModel, logitsOf, quantize, type Cache, type CausalLm } from "@trainer/models";
import { bytesOf, noGrad, scope, setNumThreads, tensor } from "@trainer/torch";
import { GenerateSettings, type GenerateResult } from "./generate-settings.js";
import { peakBytes, residentBytes } from "./memory.js";

// Our side of the generation benchmark: greedy, with a key-value cache.
const s = GenerateSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(s.threads);
const libraryBytes = residentBytes();
const loaded = await loadModel(s.folder);
const model = s.weights === "fp32" ? loaded.model : quantize(loaded.model, s.weights);

/** The likeliest token after each of these sequences of equal length, which are added to the cache. */
function likeliest(ids: readonly number[], cache: Cache): number[] {
  return noGrad(() =>
    scope(() => {
      const length = ids.length / s.sequences;
      const input = tensor(BigInt64Array.from(ids, BigInt), [s.sequences, length]);
      const hidden = model.hidden(input, { training: false, cache }).select(1, length - 1); // (B, C)
      return Array.from(logitsOf(model, hidden).argmax(-1).data(), Number);
    }),
  );
}

/** All that a step multiplies with: an embedding is read a row at a time, unless it is the head too. */
function weightBytes({ params, head }: CausalLm): number {
  const read = [...params.named()].filter(([name, t]) => t === head || !/wpe|embed|wte\.weight$/.test(name));
  return read.reduce((bytes, [, t]) => bytes + t.numel * bytesOf(t.dtype), 0);
}

const seconds: number[] = [];
let tokens: number[] = [];
for (let repeat = 0; repeat < s.repeats; repeat += 1) {
  const start = performance.now();
  using cache = model.newCache(s.sequences, s.prompt.length + s.newTokens);
  let last = likeliest(Array.from({ length: s.sequences }, () => s.prompt).flat(), cache);
  tokens = last.slice(0, 1);
  while (tokens.length < s.newTokens) {
    last = likeliest(last, cache);
    tokens.push(...last.slice(0, 1));
  }
  seconds.push((performance.now() - start) / 1000);
}
const bytesPerStep = weightBytes(model);
const result: GenerateResult = { seconds, tokens, bytesPerStep, peakBytes: peakBytes(), libraryBytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
