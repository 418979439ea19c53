import type { RunEvent } from "@trainer/training";
import { Series } from "../display/series.js";

type Of<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** What is known of a run so far, gathered from its events. */
export class RunProgress {
  config: Of<"config"> | null = null;
  start: Of<"start"> | null = null;
  step: Of<"step"> | null = null;
  validation: Of<"eval"> | null = null;
  best: Of<"eval"> | null = null;
  readonly #train = new Series();
  readonly #validation = new Series();

  get trainPoints() {
    return this.#train.points;
  }

  get validationPoints() {
    return this.#validation.points;
  }

  /** Notes what changes the picture; other events are for the log. */
  take(event: RunEvent): void {
    if (event.type === "config") this.config = event;
    if (event.type === "start") this.start = event;
    if (event.type === "step") {
      this.step = event;
      this.#train.push({ step: event.step, loss: event.loss });
    }
    if (event.type === "eval" && event.split === "validation") {
      this.validation = event;
      if (event.best) this.best = event;
      this.#validation.push({ step: event.step, loss: event.loss });
    }
  }
}
