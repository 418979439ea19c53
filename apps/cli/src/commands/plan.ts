import type { Command } from "commander";
import { choosePrecision } from "../flags/choose-precision.js";
import { MIX_ARGUMENT, mixArgument } from "../flags/mix-argument.js";
import { TrainFlags, trainingOf } from "../flags/train-options.js";
import { words } from "../framework/arguments.js";
import { defineCommand } from "../framework/define-command.js";
import { toBePlanned } from "../plan/given-options.js";
import { makePlan } from "../plan/make-plan.js";
import { PlanFlags } from "../plan/plan-flags.js";
import { planReport } from "../plan/plan-report.js";
import { trainCommand } from "../plan/train-command.js";
import type { Io } from "../process/io.js";
import { fetching } from "../runs/fetching.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Plan a training: the family, size, vocabulary, batch, rate and length that give the best model of your text on this machine in the time that you give. Steps are measured for a few seconds; what you set yourself stays as it is.",
    args: { corpus: words(MIX_ARGUMENT) },
    options: PlanFlags,
    usesLibtorch: true,
    examples: {
      "trainer plan book.txt --for 30m": "what half an hour can give, and the command for it",
      "trainer plan book.txt --for 2h --memory 8GB --model gpt2": "a GPT-2, and no more than that memory",
      "trainer plan book.txt --json | jq .bits_per_byte": "what to expect, for a script",
      "trainer plan book.txt --for 1h --server http://127.0.0.1:8000": "what a server's machine can give",
    },
    async runOn(server, { args: { corpus: names }, ...invocation }) {
      const { planRemote } = await import("../plan/plan-remote.js");
      await planRemote(server, names, invocation);
    },
    async run({ args: { corpus: names }, options, given, home, flags, io, out }) {
      const { memory, maxSeconds, ...chosen } = options;
      const input = trainingOf(mixArgument(names), toBePlanned(TrainFlags.parse(chosen), given));
      const { planFields, suitablePrecision } = await import("@trainer/training");
      const request = { ...input, precision: choosePrecision(options, out, suitablePrecision) };
      const elsewhere = await fetching({ home, io, out });
      const wanted = { home, io, out, given, elsewhere, seconds: maxSeconds, memoryBytes: memory ?? undefined };
      const plan = await makePlan(request, wanted);
      const line = trainCommand({ words: names, options, given, decided: plan.decided, flags });
      const figures = planFields(plan);
      out.result({ ...figures, command: line }, () => planReport(figures, plan.options, line).join("\n"));
    },
  });
}
