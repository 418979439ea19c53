import { join } from "node:path";
import { z } from "zod";
import { ours, peer } from "./child.js";
import { GenerateResult, type GenerateSettings } from "./generate-settings.js";
import { chosen, median, type Benchmark, type BenchmarkOptions, type Side, type Work } from "./report.js";
import { temporaryFolder } from "./token-file.js";

const SIZES = {
  "tiny (4 x 256), 32 + 224 tokens": { vocabSize: 4096, nPositions: 256, nEmbd: 256, nLayer: 4, nHead: 4 },
  "GPT-2 small 124M, 32 + 224 tokens": { vocabSize: 50257, nPositions: 256, nEmbd: 768, nLayer: 12, nHead: 12 },
} as const;
const NEW_TOKENS = 224;

/** One sequence, greedy, with a key-value cache; the same weights on both sides. */
export const generate: Benchmark = async (options) => {
  using root = temporaryFolder();
  const works: Work[] = [];
  for (const [name, size] of Object.entries(SIZES).filter(chosen(options))) {
    const folder = join(root.path, `${size.nEmbd}`);
    await peer(options.python, "generate.py", { ...size, folder, seed: 1, save: true }, z.object({}));
    const prompt = Array.from({ length: 32 }, (_, i) => (i * 97 + 11) % 4096);
    const settings = { folder, prompt, newTokens: NEW_TOKENS, threads: options.threads, repeats: 4 };
    works.push({ name, sides: await sides(name, settings, options) });
  }
  return { benchmark: "generate", unit: "tokens/s", better: "higher", works };
};

async function sides(
  name: string,
  settings: GenerateSettings,
  { rounds, python, log }: BenchmarkOptions,
): Promise<Side[]> {
  const our = new Array<GenerateResult>();
  const theirs = new Array<GenerateResult>();
  for (let round = 0; round < rounds; round += 1) {
    const mine = await ours("./generate-ours.js", settings, GenerateResult);
    const peers = await peer(python, "generate.py", settings, GenerateResult);
    our.push(mine);
    theirs.push(peers);
    log(
      `${name}, round ${round + 1} of ${rounds}: ours ${speed(mine).toFixed(0)}, transformers ${speed(peers).toFixed(0)} tokens/s`,
    );
  }
  const [mine] = our;
  const [peers] = theirs;
  const equal = mine?.tokens.filter((token, i) => token === peers?.tokens[i]).length;
  return [side("ours", our, `${equal} of ${NEW_TOKENS} tokens equal`), side("transformers generate", theirs)];
}

const side = (name: string, results: readonly GenerateResult[], evidence = ""): Side => ({
  name,
  rounds: results.map(speed),
  peakBytes: median(results.map(({ peakBytes }) => peakBytes)),
  libraryBytes: median(results.map(({ libraryBytes }) => libraryBytes)),
  evidence,
});

const speed = ({ seconds }: GenerateResult) => NEW_TOKENS / median(seconds.slice(1));
