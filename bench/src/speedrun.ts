import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { hasFastBf16 } from "@trainer/torch";
import { SHAKESPEARE } from "./bundled.js";
import { lastOf, output } from "./child.js";
import { chosen, type Benchmark, type BenchmarkOptions, type Work } from "./report.js";
import { TRAINER } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const DATA = fileURLToPath(new URL("../peers/nanogpt_data.py", import.meta.url));
/** The part of the text that is trained on, as nanoGPT cuts it. */
const TRAINED = 0.9;

const characters = "--tokenizer-method char";
const nanoGpt =
  `${characters} --model gpt2 --n-layer 4 --n-head 4 --n-embd 128 --max-seq-len 64 --batch-size 12 --dropout 0 ` +
  "--learning-rate 1e-3 --lr-schedule cosine --min-lr 1e-4 --warmup-steps 100 --beta2 0.99 --weight-decay 0.1";

const llama = (layers: number, width: number, heads: number, inner: number) =>
  `--model llama --num-hidden-layers ${layers} --hidden-size ${width} --num-attention-heads ${heads} ` +
  `--num-key-value-heads ${heads} --intermediate-size ${inner} --tie-word-embeddings --optimizer muon ` +
  "--learning-rate 1e-2 --matrix-lr 2e-2 --beta2 0.99 --lr-schedule linear --warmup-steps 10";

/** Flags of `trainer train` by what they are. */
const RECIPES: Readonly<Record<string, string>> = {
  "characters, LLaMA 4 x 64, Muon": `${characters} ${llama(4, 64, 2, 176)} --max-seq-len 64 --batch-size 8 --max-steps 800`,
  "BPE of 2,048, LLaMA 2 x 64, Muon": `--vocab-size 2048 ${llama(2, 64, 2, 160)} --max-seq-len 128 --batch-size 4 --max-steps 490`,
  "BPE of 2,048, LLaMA 3 x 128, Muon": `--vocab-size 2048 ${llama(3, 128, 4, 352)} --max-seq-len 128 --batch-size 8 --max-steps 2200`,
  "nanoGPT's recipe, 2,000 steps": `${nanoGpt} --max-steps 2000`,
};

const Evaluated = z.looseObject({ bits_per_character: z.number() });

interface Outcome {
  readonly seconds: number;
  /** Loss on the text that was not trained on, in nats per character. */
  readonly loss: number;
}

/**
 * Seconds to a validation loss on Shakespeare: `trainer train` by several recipes, from its start to its end, beside
 * nanoGPT's own program with its recipe for CPUs, from its first step to its last. Both train on the first nine tenths,
 * and are measured on the last. Ours computes in bf16 where the processor is fast in it.
 */
export const speedrun: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const whole = readFileSync(SHAKESPEARE, "utf8");
  const cut = Math.floor(whole.length * TRAINED);
  const [train, val] = [join(folder.path, "train.txt"), join(folder.path, "val.txt")];
  writeFileSync(train, whole.slice(0, cut));
  writeFileSync(val, whole.slice(cut));
  const sides = [
    ...Object.entries(RECIPES).map(
      ([name, flags]) =>
        [name, (round: number) => ours({ folder: folder.path, train, val, flags, round }, options)] as const,
    ),
    ["nanoGPT itself", () => nanogpt(folder.path, options)] as const,
  ].filter(chosen(options));
  const found = new Map<string, Outcome[]>();
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [name, run] of sides) {
      const outcome = await run(round);
      found.set(name, [...(found.get(name) ?? []), outcome]);
      options.log(`${name}: ${outcome.loss.toFixed(3)} nats per character after ${outcome.seconds.toFixed(1)} s`);
    }
  }
  const works: Work[] = [
    {
      name: "Shakespeare, a tenth held out",
      sides: [...found].map(([name, outcomes]) => ({
        name,
        rounds: outcomes.map(({ seconds }) => seconds),
        evidence: `${outcomes.map(({ loss }) => loss.toFixed(3)).join(", ")} nats per character`,
      })),
    },
  ];
  return { benchmark: "speedrun", unit: "s", better: "lower", works };
};

interface Ours {
  readonly folder: string;
  readonly train: string;
  readonly val: string;
  readonly flags: string;
  readonly round: number;
}

async function ours({ folder, train, val, flags, round }: Ours, { threads }: BenchmarkOptions): Promise<Outcome> {
  const home = ["--home", join(folder, `home-${round}-${flags.length}`), "--json"];
  const run = ["--run-id", "run", "--threads", `${threads}`, "--no-evaluate", "--no-verdict"];
  const precision = hasFastBf16() ? ["--precision", "bf16"] : [];
  const split = ["--holdout-fraction", "0", "--test-split-ratio", "0"];
  const began = performance.now();
  await output(process.execPath, [
    TRAINER,
    "train",
    train,
    ...home,
    ...run,
    ...split,
    ...precision,
    ...flags.split(" "),
  ]);
  const seconds = (performance.now() - began) / 1000;
  const evaluated = await lastOf(process.execPath, [TRAINER, "eval", "run", ...home, "--path", val, "--no-samples"]);
  return { seconds, loss: Evaluated.parse(evaluated).bits_per_character * Math.LN2 };
}

/** Its recipe for CPUs as its README has it; validation at the end alone, on 200 batches. */
async function nanogpt(folder: string, { nanogpt: checkout, python, threads }: BenchmarkOptions): Promise<Outcome> {
  if (checkout === undefined || !existsSync(join(checkout, "train.py")))
    throw new Error("--nanogpt names no checkout of nanoGPT, a folder with its train.py");
  const copy = join(folder, "nanogpt");
  cpSync(resolve(checkout), copy, { recursive: true });
  await output(python, [DATA, SHAKESPEARE, join(copy, "data", "shakespeare_char")]);
  const options =
    "device=cpu compile=False eval_iters=200 eval_interval=2000 log_interval=100 block_size=64 batch_size=12 n_layer=4 " +
    "n_head=4 n_embd=128 max_iters=2000 lr_decay_iters=2000 dropout=0.0";
  const args = ["-u", "train.py", "config/train_shakespeare_char.py", ...options.split(" ").map((each) => `--${each}`)];
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` };
  const child = spawn(python, args, { cwd: copy, env, stdio: ["ignore", "pipe", "inherit"] });
  let began = NaN;
  let seconds = NaN;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("iter 0:")) began = performance.now();
    if (line.startsWith("iter 1900:")) seconds = ((performance.now() - began) / 1000) * (2000 / 1900); // its evaluation left out
    const loss = /^step 2000: .*val loss ([\d.]+)/.exec(line)?.[1];
    if (loss !== undefined) return { seconds, loss: Number(loss) };
  }
  throw new Error("nanoGPT ended before its last step");
}
