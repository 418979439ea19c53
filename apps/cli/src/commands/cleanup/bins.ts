import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { dryRun, showDecisions } from "./result.js";

const Options = z.strictObject({
  dryRun,
  maxBytes: z
    .int()
    .min(0)
    .default(50 * 2 ** 30)
    .meta({ description: "how much they may take up together" }),
  maxUnusedDays: z.number().min(0).default(30).meta({ description: "how long one stays that nobody uses" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Remove token bins of the home that nobody has used for long or that take up too much, and answers of teachers " +
      "that were kept likewise. They are made again from their corpus where they are needed. What a process reads stays.",
    args: {},
    options: Options,
    examples: {
      "trainer cleanup bins --dry-run": "what would go, and why the rest stays",
      "trainer cleanup bins --max-bytes 0": "all that no process reads",
    },
    async run({ options, home, out }) {
      const { cleanBins, openHome } = await import("@trainer/training/files");
      const decisions = await cleanBins(openHome(home), { enabled: true, ...options });
      showDecisions(out, decisions, "sets of bins", options.dryRun);
    },
  });
}
