import { TrainingError } from "@trainer/training";
import type { FromChild, Stage, StageName } from "./messages.js";

type Attributes = Stage["attributes"];

/** Tells the parent of the stages of a job, each once it is over. */
export class Stages {
  readonly #say: (message: FromChild) => void;
  readonly #id: number | null;

  /** @param id of the question whose stages they are; null for those of a training */
  constructor(say: (message: FromChild) => void, id: number | null = null) {
    this.#say = say;
    this.#id = id;
  }

  /** Does a stage. @param attributes of its result */
  async time<T>(
    name: StageName,
    body: () => Promise<T>,
    attributes: (result: T) => Attributes = () => ({}),
  ): Promise<T> {
    const began = performance.now();
    try {
      const result = await body();
      this.over(name, secondsSince(began), attributes(result));
      return result;
    } catch (error) {
      this.over(name, secondsSince(began), {}, TrainingError.from(error).code);
      throw error;
    }
  }

  /** Tells of a stage that is just over. */
  over(name: StageName, seconds: number, attributes: Attributes = {}, failure: string | null = null): void {
    const startedAt = Date.now() - seconds * 1000;
    this.#say({ type: "stage", id: this.#id, stage: { name, startedAt, seconds, failure, attributes } });
  }
}

export const secondsSince = (began: number): number => (performance.now() - began) / 1000;
