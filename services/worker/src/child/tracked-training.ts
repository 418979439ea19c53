import type { RunEvent } from "@trainer/training";
import { LiveSync, RunSync, trackerFrom, type TrackerSettings } from "@trainer/trackers";
import type { FromChild } from "./messages.js";

/** How long the trackers of a run are waited for: of one that was trained, beside its upload, and of one that was not. */
const MS = { trained: 3000, cut: 500 } as const;

/** A training's figures on their way to trackers. Nothing that these do or do not do reaches the training. */
export class TrackedTraining {
  readonly #all: readonly LiveSync[];

  constructor(
    readonly runId: string,
    home: string,
    trackers: readonly TrackerSettings[],
    say: (message: FromChild) => void,
  ) {
    this.#all = trackers.map((settings) => {
      const tracker = trackerFrom(settings);
      const fields = { run_id: runId, event: "tracker_failed", kind: settings.name };
      const warn = (message: string) => say({ type: "log", level: "warn", message, fields });
      return new LiveSync((id) => new RunSync(tracker, home, id), warn, { flags: ` --to ${settings.name}` });
    });
  }

  readonly event = (event: RunEvent): void => {
    for (const live of this.#all) live.onEvent(event);
  };

  /** The run was trained by an earlier process, which may not have sent all. */
  takeUp(): void {
    for (const live of this.#all) live.begin(this.runId);
  }

  async finish(how: keyof typeof MS): Promise<void> {
    await Promise.all(this.#all.map((live) => live.finish(MS[how])));
  }
}
