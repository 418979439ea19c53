import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trainBpe } from "@trainer/tokenizers";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import { ours, peer } from "./child.js";
import { chosen, median, type Benchmark } from "./report.js";
import { ScoreResult, type ScoreSettings } from "./score-settings.js";
import { temporaryFolder } from "./token-file.js";

const CONTEXT = 256;
const gpt2 = (layers: number, width: number, heads: number, vocabSize: number) => ({
  model_type: "gpt2",
  vocab_size: vocabSize,
  n_positions: CONTEXT,
  n_layer: layers,
  n_embd: width,
  n_head: heads,
  bos_token_id: 0,
  eos_token_id: 0,
});
const JOBS = {
  "GPT-2 4 x 256": { config: gpt2(4, 256, 4, 4096), bytes: 1e6, repeats: 2 },
  "GPT-2 small 124M": { config: gpt2(12, 768, 12, 50257), bytes: 1e4, repeats: 2 },
} as const;
/** Both sides' losses may differ by this much: sums are taken in another order. */
const TOLERANCE = 1e-4;

/** The loss of a text in windows that overlap by half, as `trainer score` takes it; the peer is given the ids. */
export const score: Benchmark = async (options) => {
  using root = temporaryFolder();
  const { threads, rounds, python, log } = options;
  const tokenizer = await trainBpe({ files: [SHAKESPEARE], vocabSize: 4096, threads });
  const works = [];
  for (const [name, { config, bytes, repeats }] of Object.entries(JOBS).filter(chosen(options))) {
    const folder = mkdtempSync(join(root.path, "model-"));
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    await peer(python, "generate.py", { folder, seed: 1, save: true }, z.object({}));
    await tokenizer.save(folder);
    const [file, ids] = [join(folder, "text.txt"), join(folder, "ids.i32")];
    const text = readFileSync(SHAKESPEARE, "utf8").slice(0, bytes); // ASCII
    writeFileSync(file, text);
    writeFileSync(ids, tokenizer.encode(text));
    const batchSize = 4096 / CONTEXT;
    const settings: ScoreSettings = {
      threads,
      folder,
      file,
      ids,
      context: CONTEXT,
      stride: CONTEXT / 2,
      batchSize,
      repeats,
    };
    const sides = [
      side("ours", () => ours("./score-ours.js", settings, ScoreResult)),
      side("transformers, batched", () => peer(python, "score.py", settings, ScoreResult)),
    ];
    const time = ({ seconds }: ScoreResult) => median(seconds.slice(1));
    for (let round = 0; round < rounds; round += 1) {
      for (const { name: which, run, found } of sides) {
        const result = await run();
        found.push(result);
        log(`${name}, round ${round + 1} of ${rounds}: ${which} ${time(result).toFixed(2)} s`);
      }
    }
    const [mine, theirs] = sides.map(({ found }) => found[0]?.loss ?? Number.NaN);
    if (!(Math.abs(Number(mine) - Number(theirs)) < TOLERANCE)) {
      throw new Error(`${name}: the losses are ${mine} and ${theirs}, so the two sides did not score the same`);
    }
    works.push({
      name: `${name}, ${bytes / 1e3} kB in windows of ${CONTEXT}`,
      sides: sides.map(({ name: which, found }) => ({
        name: which,
        rounds: found.map(time),
        peakBytes: median(found.map(({ peakBytes }) => peakBytes)),
        libraryBytes: median(found.map(({ libraryBytes }) => libraryBytes)),
        evidence: `loss ${found[0]?.loss.toFixed(5)}`,
      })),
    });
  }
  return { benchmark: "score", unit: "s", better: "lower", works };
};

const side = (name: string, run: () => Promise<ScoreResult>) => ({ name, run, found: new Array<ScoreResult>() });
