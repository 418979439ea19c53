import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { dryRun, showDecisions } from "./result.js";

const Options = z.strictObject({
  dryRun,
  gracePeriodSeconds: z.number().min(0).default(0).meta({ description: "wait so long before each run goes" }),
  verifyUpload: z.boolean().default(true).meta({
    description: "only runs whose manifests have the id of their archive; otherwise a run may be lost for good",
  }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Remove runs that have ended and whose archives a file service keeps. Their manifests stay. A run that is trained or " +
      "used, or that an unfinished run starts from, stays whole.",
    args: {},
    options: Options,
    examples: {
      "trainer cleanup runs --dry-run": "what would go, and why the rest stays",
      "trainer cleanup runs --json": "the same for scripts, and done",
    },
    async run({ options, home, out, io }) {
      const { cleanRuns, openHome } = await import("@trainer/training/files");
      await io.interruptible(async (signal) => {
        const decisions = await cleanRuns(openHome(home), { enabled: true, ...options }, { signal });
        showDecisions(out, decisions, "runs", options.dryRun);
      });
    },
  });
}
