import { at } from "@trainer/disk";
import { unknownModel } from "./errors.js";
import type { Models, ServedModel } from "./served-model.js";

/** Models by their names; without one the first is meant. @param models one at least */
export function modelsOf(models: readonly ServedModel[]): Models {
  const byId = new Map(models.map((model) => [model.id, model]));
  const first = at(models, 0);
  return {
    list: async () => models,
    async of(id) {
      const found = byId.get(id ?? first.id);
      if (found === undefined) throw unknownModel(String(id), `; there is ${[...byId.keys()].join(", ")}`);
      return found;
    },
  };
}
