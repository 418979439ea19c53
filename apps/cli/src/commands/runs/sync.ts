import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand, RUN } from "../../framework/define-command.js";
import { formatCount } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";
import { Mlflow } from "../../trackers/mlflow.js";
import { mlflowSettings } from "../../trackers/settings.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Sends runs to the MLflow server at MLFLOW_TRACKING_URI, or what it lacks of them: figures, settings and how they ended. Sending a run twice does no harm.",
    args: { runs: words(RUN) },
    options: z.strictObject({}),
    examples: {
      "MLFLOW_TRACKING_URI=http://127.0.0.1:5000 trainer runs sync RUN":
        "a run that was trained without --track, or while the server was away",
      "trainer runs sync $(trainer runs --json | jq -r '.runs[].run_id')": "all runs of the home",
    },
    async run({ args: { runs }, home, out }) {
      const mlflow = new Mlflow(mlflowSettings(io.env));
      const { RunSync } = await import("../../trackers/run-sync.js");
      await io.interruptible(async (signal) => {
        for (const id of runs) {
          const figures = await new RunSync(mlflow, home, id).send(signal);
          out.result({ run_id: id, figures }, () => `${id}: ${formatCount(figures)} figures sent`);
        }
      });
    },
  });
}
