import { dirname, join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import { shellWord } from "../process/home-flag.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";

const Options = z.strictObject({
  out: z.string().min(1).nullable().default(null).describe("the folder to write; left out: the run's own"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Write TensorBoard's event files of a run from its metrics, samples and log, in place of any that are there: for runs that were trained without --tensorboard, and archived ones.",
    args: { run: word(RUN) },
    options: Options,
    examples: {
      "trainer export-events RUN": "into the run's folder, as `trainer train --tensorboard` does",
      "trainer export-events RUN --out events/RUN": "elsewhere; then: tensorboard --logdir events",
    },
    async run({ args: { run }, options: { out: folder }, home, out }) {
      const files = await import("@trainer/training/files");
      const record = await files.findRecord(run, files.openHome(home));
      const manifest = await files.readManifest(record.manifest);
      if (manifest === null) throw new UsageError(`${run} has no manifest: it never began`);
      const isArchived = record.id !== null && (await files.isArchived(files.openHome(home), record.id));
      if (folder === null && isArchived)
        throw new UsageError(`${run} is archived and has no folder: name one with --out`);
      const own = dirname(record.metrics);
      if (folder === null && files.isHeld(join(own, "lock.json")))
        throw new UsageError(`${run} is being trained, which may write events there: name another folder with --out`);
      const paths = await files.exportEvents({ ...record, manifest }, folder ?? own);
      out.result({ run_id: run, files: paths }, () =>
        [...paths, "", "Next:", `  tensorboard --logdir ${shellWord(folder ?? own)}`].join("\n"),
      );
    },
  });
}
