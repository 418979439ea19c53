import type { RunEvent, StepDone } from "@trainer/training";
import type { FromChild, Stage, StageName } from "./messages.js";
import { secondsSince, Stages } from "./stages.js";

/** Least time between two reports of steps. */
const EVERY_MS = 1000;

/** Turns a run's events into stages, and counts its steps. */
export class RunStages {
  readonly #stages: Stages;
  readonly #say: (message: FromChild) => void;
  /** Stages that have begun, and when. */
  readonly #began = new Map<StageName, number>([["prepare", performance.now()]]);
  #done = { steps: 0, tokens: 0, seconds: 0 };
  #toldAt = performance.now();

  constructor(say: (message: FromChild) => void) {
    this.#say = say;
    this.#stages = new Stages(say);
  }

  readonly event = (event: RunEvent): void => {
    switch (event.type) {
      case "tokenizer":
        return event.phase === "ready" ? this.#end("tokenizer") : this.#begin("tokenizer");
      case "data":
        return event.phase === "ready" ? this.#end("encode") : this.#begin("encode");
      case "start":
        this.#end("prepare", { parameters: event.parameters });
        return this.#begin("train");
      case "eval":
        return this.#stages.over(event.split === "test" ? "test" : "validation", event.seconds, { step: event.step });
      case "checkpoint":
        return this.#stages.over("checkpoint", event.seconds, { step: event.step, bytes: event.bytes });
      case "sample":
        return this.#stages.over("sample", event.seconds, { step: event.step });
      case "evaluating":
        return event.of === "evaluation" ? this.#begin("evaluation") : undefined;
      case "completed":
      case "interrupted":
        this.#tellSteps();
        this.#end("evaluation"); // nothing comes after it
        return this.#end("train", { steps: event.result.steps });
      case "failed":
        this.#tellSteps();
        for (const name of this.#began.keys()) this.#end(name, {}, event.code);
        return;
      case "config":
      case "batch":
      case "teacher":
      case "step":
      case "profile":
      case "warning":
        return;
    }
  };

  readonly step = ({ tokens, ms }: StepDone): void => {
    this.#done.steps += 1;
    this.#done.tokens += tokens;
    this.#done.seconds += ms / 1000;
    if (performance.now() - this.#toldAt >= EVERY_MS) this.#tellSteps();
  };

  #tellSteps(): void {
    this.#toldAt = performance.now();
    if (this.#done.steps > 0) this.#say({ type: "steps", done: this.#done });
    this.#done = { steps: 0, tokens: 0, seconds: 0 };
  }

  /** A stage that goes on already goes on. */
  #begin(name: StageName): void {
    if (!this.#began.has(name)) this.#began.set(name, performance.now());
  }

  /** What did not begin, such as the training of a tokenizer that was there, is not told. */
  #end(name: StageName, attributes: Stage["attributes"] = {}, failure: string | null = null): void {
    const began = this.#began.get(name);
    if (began === undefined) return;
    this.#began.delete(name);
    this.#stages.over(name, secondsSince(began), attributes, failure);
  }
}
