import type { RunEvent } from "@trainer/training";
import type { Losses } from "./live-lines.js";
import type { Point } from "../display/curve.js";
import { Series } from "../display/series.js";

type Of<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

/** State of a run, collected from its events. */
export class RunProgress {
  config: Of<"config"> | null = null;
  start: Of<"start"> | null = null;
  step: Of<"step"> | null = null;
  validation: Of<"eval"> | null = null;
  best: Of<"eval"> | null = null;
  /** True once there is a checkpoint to resume from. */
  saved = false;
  /** Results that are ready before the first step, and kept when the run is stopped. */
  readonly ready: { tokenizer: boolean; text: boolean } = { tokenizer: false, text: false };
  /** @param before losses of a resumed run, from its metrics */
  constructor(private readonly before: Losses = { trainPoints: [], validationPoints: [] }) {}

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
    if (event.type === "config") this.#begin(event);
    if (event.type === "batch" && this.config !== null) this.config = { ...this.config, batchSize: event.batchSize };
    if (event.type === "start") this.start = event;
    if (event.type === "checkpoint") this.saved = true;
    if (event.type === "tokenizer" && event.phase === "ready") this.ready.tokenizer = true;
    if (event.type === "data" && event.phase === "ready") this.ready.text = true;
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

  /** Goes on from the checkpoint's step: what came after it is done again. */
  #begin(config: Of<"config">): void {
    this.config = config;
    this.saved = config.fromStep > 0;
    const seen = ({ step }: Point) => step <= config.fromStep;
    for (const point of this.before.trainPoints.filter(seen)) this.#train.push(point);
    for (const point of this.before.validationPoints.filter(seen)) this.#validation.push(point);
  }
}
