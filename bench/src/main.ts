import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { api } from "./api.js";
import { clients } from "./clients.js";
import { dataBank } from "./data-bank.js";
import { estimate } from "./estimate.js";
import { generate } from "./generate.js";
import { live } from "./live.js";
import { overhead } from "./overhead.js";
import { pages } from "./pages.js";
import { cacheFolder, peersPython } from "./peers.js";
import type { Benchmark, BenchmarkOptions } from "./report.js";
import { plan } from "./plan.js";
import { scale } from "./scale.js";
import { score } from "./score.js";
import { shortJobs } from "./short-jobs.js";
import { speedrun } from "./speedrun.js";
import { start } from "./start.js";
import { table } from "./table.js";
import { tokenizer } from "./tokenizer.js";
import { train } from "./train.js";

const benchmarks: Readonly<Record<string, { about: string; run: Benchmark; rounds: number }>> = {
  train: {
    about: "a training step of each family against transformers or torch.nn.LSTM, eager and compiled",
    run: train,
    rounds: 3,
  },
  tokenizer: {
    about: "training and encoding of byte-level BPE, SentencePiece and characters, peers beside",
    run: tokenizer,
    rounds: 3,
  },
  clients: {
    about: "sixteen of OpenAI's clients at once beside one after another: tokens a second, and the first token",
    run: clients,
    rounds: 3,
  },
  generate: { about: "greedy generation with a cache against transformers", run: generate, rounds: 3 },
  score: { about: "the loss of a text in overlapping windows against transformers, batched", run: score, rounds: 2 },
  start: { about: "from a program's start to its first training step, against Python", run: start, rounds: 5 },
  "data-bank": {
    about: "the file service against SHA-256 and the disk: uploads, downloads, 100 at once, latency of /info",
    run: dataBank,
    rounds: 3,
  },
  api: {
    about: "the API at 500 requests a second, the list with 1,000 queued runs, and what the service costs a training",
    run: api,
    rounds: 3,
  },
  pages: {
    about:
      "the pages in Chromium: their first load, 10,000 runs, a run of 1,000,000 points, and a step on its way there",
    run: pages,
    rounds: 5,
  },
  live: {
    about:
      "a training watched by three windows, then by none; --only heap: what a window holds, each minute of --rounds",
    run: live,
    rounds: 3,
  },
  "short-jobs": {
    about: "short trainings and texts through the queue: one at a time and many at once",
    run: shortJobs,
    rounds: 3,
  },
  scale: {
    about: "the queue at size: many workers on one Redis, many runs, some killed; what is lost or done twice",
    run: scale,
    rounds: 1,
  },
  speedrun: {
    about: "seconds to a validation loss on Shakespeare by several recipes, beside nanoGPT's own program (--nanogpt)",
    run: speedrun,
    rounds: 1,
  },
  estimate: {
    about: "size, memory and time of a training as they are told before it, beside what then happens",
    run: estimate,
    rounds: 3,
  },
  plan: {
    about: "the training that a plan makes of a text in a time, beside random settings that take as long",
    run: plan,
    rounds: 1,
  },
  overhead: { about: "the cost of one small operator call against Python's binding", run: overhead, rounds: 5 },
};

const log = (line: string) => process.stderr.write(`${line}\n`);

function count(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return Number(value);
}

const program = new Command("bench")
  .description("Measures this project beside its peers: interleaved rounds in processes of their own, medians.")
  .addHelpText("after", "\nExample:\n  npm run bench -- train --rounds 5 --json train.json");
for (const [name, { about, run, rounds }] of Object.entries(benchmarks)) {
  const command = program.command(name);
  if (name === "tokenizer")
    command.option("--file <file>", "the UTF-8 text to work on (default: the bundled Shakespeare)");
  if (name === "speedrun") command.option("--nanogpt <folder>", "a checkout of nanoGPT, which is run as it is");
  if (name === "scale")
    command
      .option("--workers <n>", "workers on the one Redis", count)
      .option("--runs <n>", "runs in its queue", count)
      .option("--seconds <n>", "length of each training, which computes nothing", count)
      .option("--rest <seconds>", "time for the rest of the queue, after which it is counted what is left", count);
  if (name === "plan")
    command
      .option("--file <folder>", "the texts to work on, a file each (default: what comes with the project)")
      .option("--seconds <n>", "time of each training (default: 600)", count)
      .option("--runs <n>", "trainings of random settings on each text (default: 40)", count);
  command
    .description(about)
    .option("--rounds <n>", "rounds of all sides, one after the other", count, rounds)
    .option("--only <text>", "only the works whose name contains it, such as llama")
    .option("--threads <n>", "threads of every side", count, 2)
    .option("--json <file>", "write the report there too")
    .action(async (options: Omit<BenchmarkOptions, "python" | "log"> & { readonly json?: string }) => {
      const python = [scale, plan, clients].includes(run) ? "" : peersPython(cacheFolder(process.env), log);
      const report = await run({ ...options, python, log });
      process.stdout.write(`${table(report)}\n`);
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    });
}
await program.parseAsync();
