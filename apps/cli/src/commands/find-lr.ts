import type { Command } from "commander";
import type { FoundLr } from "@trainer/training";
import { z } from "zod";
import { choosePrecision } from "../flags/choose-precision.js";
import { MIX_ARGUMENT, mixArgument } from "../flags/mix-argument.js";
import { RunFlags, TRAIN_ALIASES, TrainFlags, trainingOf } from "../flags/train-options.js";
import { words } from "../framework/arguments.js";
import { defineCommand } from "../framework/define-command.js";
import { curve } from "../display/curve.js";
import type { Output } from "../display/output.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatCount } from "../display/quantity.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { fetching } from "../runs/fetching.js";

const rate = z.number().positive();

const RangeFlags = z.strictObject({
  from: rate.default(1e-5).describe("learning rate of the first step"),
  to: rate.default(1).describe("learning rate of the last step"),
  steps: z.int().min(2).default(100).describe("steps, of which each has the rate of the one before times a factor"),
});

/** Those of a training that come to bear in its first steps, beside the rate itself. */
const FindLrFlags = RunFlags.omit({
  numEpochs: true,
  maxSteps: true,
  learningRate: true,
  lrSchedule: true,
  warmupSteps: true,
  minLr: true,
  earlyStoppingPatience: true,
  evalEvery: true,
  evalTokens: true,
  evaluate: true,
  sampleEvery: true,
  tensorboard: true,
  logEvery: true,
  checkpointEvery: true,
  checkpointMinutes: true,
  keepCheckpoints: true,
  teacher: true,
  kdWeight: true,
  kdTopK: true,
  kdTemperature: true,
  kdCache: true,
  runId: true,
}).extend(RangeFlags.shape);

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Find the learning rate of a training: its first steps are taken with a rate that rises from next to nothing to far too much (Smith 2017), and the rate is proposed by their losses. Give the options that the training will have.",
    args: { corpus: words(MIX_ARGUMENT) },
    options: FindLrFlags,
    usesLibtorch: true,
    runs: ["pretrainedRunId"],
    aliases: TRAIN_ALIASES,
    examples: {
      "trainer find-lr book.txt --model llama --batch-size 16": "for a tiny LLaMA on this text",
      "trainer find-lr book.txt --from 1e-4 --to 0.1 --steps 200": "a closer look",
      "trainer find-lr book.txt --json | jq .learning_rate": "the number alone",
    },
    async run({ args: { corpus: names }, options, home, io, out }) {
      const { from, to, steps, ...chosen } = options;
      if (from >= to) throw new UsageError(`--from ${from} --to ${to}: the rate must rise`);
      const input = trainingOf(mixArgument(names), TrainFlags.parse(chosen));
      const { findLr, foundLrFields, suitablePrecision } = await import("@trainer/training");
      const request = { ...input, precision: choosePrecision(options, out, suitablePrecision) };
      const elsewhere = await fetching({ home, io, out });
      const progress = new ProgressLine(io, out);
      await io
        .interruptible(async (signal) => {
          out.note("preparing the text ...");
          const found = await findLr(request, {
            home,
            signal,
            ...elsewhere,
            range: { minLr: from, maxLr: to, steps },
            onPoint: ({ step }) => progress.update("raising the rate", step / steps),
          });
          progress.clear();
          out.result(foundLrFields(found), () => report(found, out).join("\n"));
        })
        .finally(() => progress.clear());
    },
  });
}

export function report(
  { learningRate, points, batchSize, maxSeqLen, device, precision }: FoundLr,
  { screen, paint }: Pick<Output, "screen" | "paint">,
): string[] {
  const what = `${formatCount(batchSize)} sequences of ${formatCount(maxSeqLen)} tokens a batch, ${device}, ${precision}`;
  if (learningRate === null) return [`No step had a finite loss (${what}): begin with a lower --from.`];
  const [first, last] = [points[0]?.lr, points.at(-1)?.lr].map((lr = 0) => lr.toExponential(0));
  const lineOf = (some: FoundLr["points"]) => some.map(({ step, smoothedLoss: loss }) => ({ step, loss }));
  const line = lineOf(points);
  const chosen = lineOf(points.filter(({ lr }) => lr <= learningRate)).slice(-1);
  const drawn = curve(line, chosen, {
    width: Math.max(16, Math.min(72, screen.columns() - 12)),
    height: 10,
    unicode: screen.unicode,
    mark: paint.yellow,
    ends: [String(first), `learning rate ${last}`],
  });
  return [
    ...drawn,
    "",
    `learning rate  ${paint.bold(String(learningRate))}  (${what})`,
    "",
    "Add it to the options of the training, with a rate that falls to 0 at the end:",
    `  --learning-rate ${learningRate} --lr-schedule linear --warmup-steps 50`,
  ];
}
