import type { Command } from "commander";
import type { FoundBatch, SearchEvent } from "@trainer/training";
import { z } from "zod";
import { anyWords } from "../framework/arguments.js";
import { defineCommand } from "../framework/define-command.js";
import { formatBytes, formatCount, formatShort, formatThreads } from "../display/quantity.js";
import { table } from "../display/table.js";
import { fetching } from "../runs/fetching.js";
import type { Io } from "../process/io.js";
import { choosePrecision } from "../flags/choose-precision.js";
import { TRAIN_ALIASES, toTrainInput, TrainFlags } from "../flags/train-options.js";

const FindBatchFlags = TrainFlags.pick({
  modelFamily: true,
  modelSize: true,
  nLayer: true,
  nEmbd: true,
  nHead: true,
  tokenizer: true,
  vocabSize: true,
  maxSeqLen: true,
  pretrainedRunId: true,
  loraRank: true,
  teacher: true,
  optimizer: true,
  maskDocuments: true,
  activationCheckpointing: true,
  device: true,
  precision: true,
  deterministic: true,
  threads: true,
}).extend({
  maxBatchSize: z.int().min(1).default(256).describe("the largest batch to look at"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Find the largest batch that training fits into memory with, and the number of threads that is fastest. On a GPU batches are tried; on a CPU the memory of small ones is measured and that of larger ones told from it.",
    args: { corpus: anyWords("files or folders of text: by their size it is known how large a vocabulary will be") },
    options: FindBatchFlags,
    usesLibtorch: true,
    runs: ["pretrainedRunId", "teacher"],
    aliases: TRAIN_ALIASES,
    examples: {
      "trainer find-batch book.txt --size small": "for GPT-2 small on this text",
      "trainer find-batch --size small --max-seq-len 1024 --activation-checkpointing": "what that option would gain",
      "trainer train book.txt --batch-size auto": "the same search at the beginning of a run",
    },
    async run({ args: { corpus }, options, home, io, out }) {
      const { maxBatchSize, ...flags } = options;
      const { findBatch, suitablePrecision } = await import("@trainer/training");
      const { corpus: _none, ...rest } = toTrainInput(corpus, TrainFlags.parse(flags));
      const input = { ...rest, precision: choosePrecision(options, out, suitablePrecision) };
      const elsewhere = await fetching({ home, io, out });
      const tried: SearchEvent[] = [];
      await io.interruptible(async (signal) => {
        signal.addEventListener("abort", () =>
          out.result(stoppedJson(tried), () => ["", "Stopped before the end.", ...tables(trialsOf(tried))].join("\n")),
        );
        const found = await findBatch(corpus.length === 0 ? input : { ...input, corpus }, {
          ...elsewhere,
          home,
          signal,
          maxBatchSize,
          onEvent: (event) => {
            tried.push(event);
            const line = lineOf(event);
            if (line !== null) out.note(line);
          },
        });
        out.result(foundJson(found), () => report(found).join("\n"));
      });
    },
  });
}

export function lineOf(event: SearchEvent): string | null {
  switch (event.type) {
    case "trying": {
      const { batchSize, threads } = event;
      return `trying a batch of ${formatCount(batchSize)} on ${formatThreads(threads)} ...`;
    }
    case "batch": {
      const { batchSize, fits, tokensPerSec } = event;
      const speed = tokensPerSec === null ? "" : `, ${formatShort(tokensPerSec)} tokens/s`;
      return `a batch of ${formatCount(batchSize)} ${fits ? "fits" : "does not fit"}${speed}`;
    }
    case "threads":
      return `${formatThreads(event.threads)}: ${formatShort(event.tokensPerSec)} tokens/s`;
    case "found":
    case "failed":
      return null;
  }
}

type Trials = Pick<FoundBatch, "batches" | "threadTrials">;

export function report(found: FoundBatch): string[] {
  const { batchSize, device, precision, maxSeqLen, memoryBytes, threadTrials, threads } = found;
  return [
    `largest batch: ${formatCount(batchSize)} sequences of ${formatCount(maxSeqLen)} tokens (${device}, ${precision}) in ${formatBytes(memoryBytes)}`,
    ...tables(found),
    ...(threadTrials.length === 0 ? [] : ["", `fastest: --threads ${formatCount(threads)}`]),
  ];
}

function tables({ batches, threadTrials }: Trials): string[] {
  const rows = batches
    .toSorted((a, b) => a.batchSize - b.batchSize)
    .map((trial) => [
      formatCount(trial.batchSize),
      trial.peakBytes === null ? "-" : formatBytes(trial.peakBytes),
      trial.tokensPerSec === null ? "-" : formatShort(trial.tokensPerSec),
      trial.fits ? "yes" : "no",
    ]);
  const speeds = threadTrials.map((trial) => [formatCount(trial.threads), formatShort(trial.tokensPerSec)]);
  return [
    ...(rows.length === 0 ? [] : ["", ...table([["batch", "memory", "tokens/s", "fits"], ...rows])]),
    ...(speeds.length === 0 ? [] : ["", ...table([["threads", "tokens/s"], ...speeds])]),
  ];
}

/** The trials of a search that was stopped. */
export const trialsOf = (events: readonly SearchEvent[]): Trials => ({
  batches: events.flatMap((event) => (event.type === "batch" ? [event] : [])),
  threadTrials: events.flatMap((event) => (event.type === "threads" ? [event] : [])),
});

const trialsJson = ({ batches, threadTrials }: Trials) => ({
  batches: batches.map(({ batchSize, fits, peakBytes, tokensPerSec }) => ({
    batch_size: batchSize,
    fits,
    peak_bytes: peakBytes,
    tokens_per_sec: tokensPerSec,
  })),
  thread_trials: threadTrials.map(({ threads, tokensPerSec }) => ({ threads, tokens_per_sec: tokensPerSec })),
});

const foundJson = (found: FoundBatch) => ({
  status: "completed",
  batch_size: found.batchSize,
  threads: found.threads,
  device: found.device,
  precision: found.precision,
  max_seq_len: found.maxSeqLen,
  memory_bytes: found.memoryBytes,
  ...trialsJson(found),
});

const stoppedJson = (events: readonly SearchEvent[]) => ({
  status: "interrupted",
  batch_size: null,
  threads: null,
  ...trialsJson(trialsOf(events)),
});
