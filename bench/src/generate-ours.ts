import { loadModel, type CausalLm, type Cache } from "@trainer/models";
import { noGrad, scope, setNumThreads, tensor } from "@trainer/torch";
import { GenerateSettings, type GenerateResult } from "./generate-settings.js";
import { peakBytes, residentBytes } from "./memory.js";

// Our side of the generation benchmark: greedy, one sequence, with a key-value cache.
const s = GenerateSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(s.threads);
const libraryBytes = residentBytes();
const { model } = await loadModel(s.folder);

/** The likeliest token after these, which are added to the cache. */
function likeliest(model: CausalLm, ids: readonly number[], cache: Cache): number {
  return noGrad(() =>
    scope(() => {
      const input = tensor(BigInt64Array.from(ids, BigInt), [1, ids.length]);
      const hidden = model.hidden(input, { training: false, cache }).narrow(1, ids.length - 1, 1); // (1, 1, C)
      return hidden.matmul(model.head.t()).argmax().item();
    }),
  );
}

const seconds: number[] = [];
let tokens: number[] = [];
for (let repeat = 0; repeat < s.repeats; repeat += 1) {
  const start = performance.now();
  using cache = model.newCache(1, s.prompt.length + s.newTokens);
  tokens = [likeliest(model, s.prompt, cache)];
  while (tokens.length < s.newTokens) tokens.push(likeliest(model, tokens.slice(-1), cache));
  seconds.push((performance.now() - start) / 1000);
}
const result: GenerateResult = { seconds, tokens, peakBytes: peakBytes(), libraryBytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
