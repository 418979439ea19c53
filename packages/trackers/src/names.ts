/** Programs that runs can be sent to. Loads nothing. */
export const TRACKERS = ["mlflow", "trackio", "wandb"] as const;
export type TrackerName = (typeof TRACKERS)[number];
