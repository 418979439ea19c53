import { at } from "@trainer/disk";
import type { OpenModel } from "@trainer/training";
import { unknownModel } from "./errors.js";

/** A model that is asked by a name. */
export interface ServedModel {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly opened: OpenModel;
}

/** The models of a server by their names. */
export class Models {
  readonly #byId: ReadonlyMap<string, ServedModel>;
  readonly #first: ServedModel;

  /** @param models one at least */
  constructor(models: readonly ServedModel[]) {
    this.#byId = new Map(models.map((model) => [model.id, model]));
    this.#first = at(models, 0);
  }

  list(): readonly ServedModel[] {
    return [...this.#byId.values()];
  }

  /**
   * The model of that name; without a name the first.
   * @throws OpenAiError 404
   */
  of(id: string | null | undefined): ServedModel {
    if (id === null || id === undefined) return this.#first;
    const found = this.#byId.get(id);
    if (found === undefined) throw unknownModel(id, [...this.#byId.keys()]);
    return found;
  }
}
