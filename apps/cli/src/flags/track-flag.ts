import { TRACKERS } from "@trainer/trackers/names";
import { z } from "zod";

/** Programs that runs can be sent to. */
export const Tracked = z.enum(TRACKERS);

/** Where a run's figures are sent as it is trained. */
export const track = Tracked.nullable()
  .default(null)
  .describe(
    "send the run's figures there as it is trained; mlflow, trackio: to the server that their own variables name; wandb: to files that `wandb sync` sends",
  );
