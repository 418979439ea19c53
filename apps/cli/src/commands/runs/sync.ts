import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand, RUN } from "../../framework/define-command.js";
import { formatCount } from "../../display/quantity.js";
import { Tracked } from "../../flags/track-flag.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { trackerFor } from "../../trackers/tracker-for.js";
import { toSee } from "../../trackers/tracked.js";

const Options = z.strictObject({
  to: Tracked.default("mlflow").describe(
    "mlflow: the server at MLFLOW_TRACKING_URI; trackio: the one at TRACKIO_SERVER_URL; wandb: files in the home, which `wandb sync` sends",
  ),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Sends runs to MLflow, trackio or W&B, or what these lack of them: figures, settings and how they ended. Sending a run twice does no harm.",
    args: { runs: words(RUN) },
    options: Options,
    examples: {
      "MLFLOW_TRACKING_URI=http://127.0.0.1:5000 trainer runs sync RUN":
        "a run that was trained without --track, or while the server was away",
      "trainer runs sync RUN --to wandb": "as files; prints the command that sends them",
      "trainer runs sync $(trainer runs --json | jq -r '.runs[].run_id')": "all runs of the home",
    },
    async run({ args: { runs: refs }, options: { to }, home, io, out }) {
      const { findRecord, openHome } = await import("@trainer/training/files");
      const { RunSync } = await import("@trainer/trackers");
      const runs: string[] = [];
      for (const ref of refs) {
        const { id } = await findRecord(ref, openHome(home));
        if (id === null)
          throw new UsageError(`${ref} is a folder outside ${home}; only the runs of a home can be sent`);
        runs.push(id);
      }
      const tracker = await trackerFor(to, { io, home, out });
      await io.interruptible(async (signal) => {
        for (const id of runs) {
          const sync = new RunSync(tracker, home, id);
          const figures = await sync.send(signal);
          const { next } = sync;
          out.result({ run_id: id, figures, ...(next && { next }) }, () =>
            [`${id}: ${formatCount(figures)} figures sent`, ...(next === null ? [] : [toSee(next)])].join("\n"),
          );
        }
      });
    },
  });
}
