import { LiveEvents } from "../tracking/live-events.js";
import { runEvents, type RunPlace } from "../tracking/run-events.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/** TensorBoard's event files of a run, which follow what it reports; null where none are asked for. */
export function writeEvents(
  { folder, options, manifest }: Session,
  reporter: Reporter,
  from: RunPlace,
): LiveEvents | null {
  if (!options.tensorboard) return null;
  const events = new LiveEvents(runEvents(folder.path, folder), (message) => reporter.warn(message));
  events.restart(from, manifest.current);
  reporter.follow(({ type }) => {
    if (type === "step" || type === "eval" || type === "sample") events.sync();
    if (type === "completed" || type === "interrupted" || type === "failed") events.end(manifest.current);
  });
  return events;
}
