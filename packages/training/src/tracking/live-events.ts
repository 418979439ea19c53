import type { RunManifest } from "../home/manifest.js";
import type { RunEvents, RunPlace } from "./run-events.js";

/** Event files of a run that is going on. A failure to write them is one warning, and they catch up when they can. */
export class LiveEvents {
  #warned = false;

  constructor(
    readonly all: readonly RunEvents[],
    readonly warn: (message: string) => void,
  ) {}

  restart(place: RunPlace, manifest: RunManifest): void {
    for (const events of this.all) events.restart(place, manifest, now());
    this.sync();
  }

  sync(): void {
    for (const events of this.all) this.#attempt(() => events.sync(now));
  }

  end(manifest: RunManifest): void {
    this.sync();
    for (const events of this.all) this.#attempt(() => events.end(manifest, now()));
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#warned) return;
      this.#warned = true;
      const how = "`trainer export-events RUN` writes what is missing, once the run has ended";
      this.warn(`TensorBoard's events cannot be written: ${String(error)}; the run goes on without them, and ${how}`);
    }
  }
}

const now = (): number => Date.now() / 1000;
