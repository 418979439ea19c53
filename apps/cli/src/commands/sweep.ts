import type { Command } from "commander";
import { Duration, TrainOptions, ungrouped } from "@trainer/options";
import { z } from "zod";
import { choosePrecision } from "../flags/choose-precision.js";
import { MIX_ARGUMENT, mixArgument } from "../flags/mix-argument.js";
import { RunFlags, TRAIN_ALIASES, TrainFlags, trainingOf } from "../flags/train-options.js";
import { words } from "../framework/arguments.js";
import { defineCommand } from "../framework/define-command.js";
import { ProgressLine } from "../display/progress-line.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { fetching } from "../runs/fetching.js";
import { parseVary } from "../sweep/parse-vary.js";
import { sweepReport, trialLine } from "../sweep/sweep-report.js";

const { runId } = ungrouped(TrainOptions.shape);

/** Those of its trials, and what is varied. */
const SweepFlags = z.strictObject({
  vary: z
    .array(z.string().min(1))
    .default([])
    .describe("an option and its values: a range, learning-rate=1e-4..1e-2, or a list, n-layer=4,6,8"),
  trials: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("trainings to compare; left out: by what is varied, up to 27"),
  maxSeconds: Duration.nullable().default(null).meta({
    description:
      "about how long the sweep takes in all: 30m, 2h; left out: as long as the trainings' own length makes it",
    flag: "for",
  }),
  atOnce: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("with --server: trials that train at a time; left out: as many as it has workers for"),
  sweepId: runId.describe("name of the sweep, with which its runs' begin; left out: made of what is asked for"),
  ...RunFlags.omit({
    maxSeconds: true,
    runId: true,
    evalEvery: true,
    earlyStoppingPatience: true,
  }).shape,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Compare trainings by successive halving: all trials train a part of their tokens, the better third goes on to three times as many, and so on. Each trial is a run as any other. Stopped, the same command goes on where it was. On a server the trials wait in its queue, and those that go on are trained on to a later end.",
    args: { corpus: words(MIX_ARGUMENT) },
    options: SweepFlags,
    usesLibtorch: true,
    runs: ["pretrainedRunId"],
    aliases: TRAIN_ALIASES,
    examples: {
      "trainer sweep book.txt --vary learning-rate=1e-4..1e-2 --vary n-layer=4,6,8 --for 2h":
        "twelve trainings, of which the best have most of the time",
      "trainer sweep book.txt --vary weight-decay=0.01,0.1 --max-steps 2000 --lr-schedule linear":
        "two trainings of a length of their own",
      "trainer sweep book.txt --vary batch-size=4..64 --trials 9 --json":
        "the trials and their validations, for a script",
      "trainer sweep book.txt --vary n-layer=4,6,8 --for 2h --server http://127.0.0.1:8000":
        "by the workers of a server, as many trials at a time as it has room for",
    },
    async runOn(server, { args: { corpus: names }, options, home, io, out }) {
      const { sweepRemote } = await import("../sweep/remote-sweep.js");
      await sweepRemote(server, names, await typedSweep(options, names), { home, io, out });
    },
    async run({ args: { corpus: names }, options, home, flags, io, out }) {
      if (options.atOnce !== null)
        throw new UsageError("--at-once is for a sweep with --server: this machine trains one trial at a time");
      const corpus = mixArgument(names);
      const { suitablePrecision, sweep, sweepFields } = await import("@trainer/training");
      const { seconds, sweepId, trials: typed } = await typedSweep(options, names);
      const precision = choosePrecision(options, out, suitablePrecision);
      const trials = typed.map(({ settings, flags: own }) => ({
        settings,
        input: { ...trainingOf(corpus, own), precision },
      }));
      const elsewhere = await fetching({ home, io, out });
      const progress = new ProgressLine(io, out);
      await io
        .interruptible(async (signal) => {
          signal.addEventListener("abort", () => {
            progress.clear();
            out.warn("Stopping after this step, and saving. The same command goes on.");
          });
          out.note(`${trials.length} trials ...`);
          const result = await sweep(
            { trials, seconds, sweepId },
            {
              home,
              signal,
              ...elsewhere,
              onEvent: (event, { runId: id }) => {
                if (event.type === "step") progress.update(id, event.step / event.totalSteps);
              },
              onTrial: (trial, { part }) => {
                progress.clear();
                out.note(trialLine(trial, part));
              },
            },
          );
          out.result(sweepFields(result), () => sweepReport(result, out, flags).join("\n"));
        })
        .finally(() => progress.clear());
    },
  });
}

/** The trials that were asked for, each with its options. @throws UsageError */
async function typedSweep(
  { vary, trials: wanted, maxSeconds: seconds, sweepId, atOnce, ...chosen }: z.output<typeof SweepFlags>,
  words: readonly string[],
) {
  if (vary.length === 0)
    throw new UsageError(
      `say what to vary: trainer sweep ${words.join(" ")} --vary learning-rate=1e-4..1e-2 --vary n-layer=4,6,8 --for 1h`,
    );
  const varied = vary.map((each) => parseVary(each));
  if (new Set(varied.map(({ name }) => name)).size < varied.length)
    throw new UsageError("--vary: an option is named twice; give all its values at once");
  const { drawTrials, usualTrials } = await import("@trainer/training/files");
  const drawn = drawTrials(varied, wanted ?? usualTrials(varied), chosen.seed);
  const trials = drawn.map((settings) => ({ settings, flags: TrainFlags.parse({ ...chosen, ...settings }) }));
  return { atOnce, seconds, sweepId, trials };
}
