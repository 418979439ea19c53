import type { Tracker } from "@trainer/trackers";
import type { Output } from "../display/output.js";
import { shellWord } from "../process/home-flag.js";
import type { RunHooks } from "../run-display/follow-run.js";

interface Where {
  /** By which a proposed command finds the home. */
  readonly flags: string;
  readonly out: Output;
}

/** A training whose figures are sent to a tracker as they come; null: to none. */
export async function tracked<T>(
  tracker: Tracker | null,
  { flags, out }: Where,
  hooks: RunHooks,
  begin: (hooks: RunHooks) => Promise<T>,
): Promise<T> {
  if (tracker === null) return await begin(hooks);
  const { LiveSync, RunSync } = await import("@trainer/trackers");
  const warn = (message: string) => hooks.onEvent({ type: "warning", message });
  const sync = new LiveSync((id) => new RunSync(tracker, hooks.home, id), warn, {
    flags: ` --to ${tracker.name}${flags}`,
  });
  const onEvent: RunHooks["onEvent"] = (event) => {
    hooks.onEvent(event);
    sync.onEvent(event);
  };
  try {
    return await begin({ ...hooks, onEvent });
  } finally {
    const next = await sync.finish();
    if (next !== null) out.note(toSee(next));
  }
}

/** What is to be typed for a run to be seen. */
export const toSee = (words: readonly string[]): string => `To send it: ${words.map(shellWord).join(" ")}`;
