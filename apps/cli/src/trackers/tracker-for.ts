import type { Tracker } from "@trainer/trackers";
import type { TrackerName } from "@trainer/trackers/names";
import type { Invocation } from "../framework/define-command.js";
import { UsageError } from "../process/errors.js";

/** The tracker that a flag names. @throws UsageError where it is not set up */
export async function trackerFor(
  name: TrackerName,
  { io: { env, cwd }, home, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
): Promise<Tracker> {
  const { messageOf, trackerOf } = await import("@trainer/trackers");
  try {
    return trackerOf(name, { env, cwd, home, warn: out.warn });
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
