import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand, RUN } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { serviceUrl } from "../../flags/service-url.js";

const Options = z.strictObject({
  url: serviceUrl,
  clean: z.boolean().default(false).describe("then remove the run's folder; it is brought back when it is needed"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Sends runs that have ended to a file service, each as one archive, and notes its id in the run's manifest. The " +
      "folder stays unless --clean is given; `trainer cleanup runs` removes it later. Sending a run twice does no harm.",
    args: { run: words(RUN) },
    options: Options,
    examples: {
      "trainer runs upload RUN": "prints the id of the archive",
      "trainer runs upload RUN --clean": "and frees its space here",
    },
    async run({ args: { run: runs }, options: { url, clean }, home, io, out }) {
      const { uploadRun } = await import("../../runs/upload-run.js");
      for (const run of runs) await uploadRun(run, { url, clean, home, io, out });
    },
  });
}
