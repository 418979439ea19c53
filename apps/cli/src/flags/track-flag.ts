import { z } from "zod";

/** Programs that runs can be sent to. */
const TRACKERS = ["mlflow"] as const;

/** Where a run's figures are sent as it is trained. */
export const track = z
  .enum(TRACKERS)
  .nullable()
  .default(null)
  .describe("send the run's figures there as it is trained; mlflow: to the server that its own variables name");
