import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { dryRun, showDecisions } from "./result.js";

const Options = z.strictObject({
  dryRun,
  minUnusedDays: z.number().min(0).default(30).meta({ description: "only those that nobody has written for so long" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Remove tokenizers of the home that no run names, also none whose folder was removed by a cleanup.",
    args: {},
    options: Options,
    examples: {
      "trainer cleanup tokenizers --dry-run": "what would go, and why the rest stays",
      "trainer cleanup tokenizers --min-unused-days 7": "also younger ones",
    },
    async run({ options, home, out }) {
      const { cleanTokenizers, openHome } = await import("@trainer/training/files");
      const decisions = await cleanTokenizers(openHome(home), { enabled: true, ...options });
      showDecisions(out, decisions, "tokenizers", options.dryRun);
    },
  });
}
