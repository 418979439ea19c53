import type { TrackedRun } from "./tracker.js";

/**
 * A run's id for trackers that never give one a second time, also after its run was removed: one that was begun anew
 * under its id needs another.
 */
export const trackedId = ({ id, startedAt }: Pick<TrackedRun, "id" | "startedAt">): string =>
  `${id}-${Math.floor(Date.parse(startedAt) / 1000).toString(36)}`;
