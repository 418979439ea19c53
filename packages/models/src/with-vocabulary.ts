import { at } from "@trainer/disk";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { z } from "zod";
import { ModelError } from "./errors.js";
import type { CausalLm } from "./model.js";
import { planStored, type StoredPlan } from "./registry.js";

/** The old tokens that each token of a vocabulary is made of, by its id; a token that stays has itself alone. */
export type Pieces = readonly (readonly number[])[];

/**
 * The model with another vocabulary: each row of its embedding, its head and the head's bias is the mean of the rows of its
 * pieces (Gee et al. 2022), and of all rows where it has none. All else is as it was; a tied head stays tied. The old model
 * is freed.
 */
export function withVocabulary(model: CausalLm, pieces: Pieces): CausalLm {
  const foreign = pieces.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < model.vocabSize));
  if (foreign !== undefined)
    throw new ModelError("INVALID_DIMENSIONS", `there is no token ${foreign} among the model's ${model.vocabSize}`);
  const names = vocabularyParameters(model);
  const old = model.params.list();
  const made = planWith(model, pieces.length).build({ device: model.params.device });
  noGrad(() => {
    for (const [i, [name, parameter]] of [...made.params.named()].entries()) {
      const before = at(old, i);
      scope(() => void parameter.copy_(names.has(name) ? rowsOf(before, pieces) : before));
      before.dispose();
    }
  });
  return made;
}

/** The parameters that have a row for each token: embedding, head, and the head's bias. */
export function vocabularyParameters(model: CausalLm): ReadonlySet<string> {
  const larger = planWith(model, model.vocabSize + 1).build({ device: "meta" });
  const named = model.params.named();
  const names = [...larger.params.named()].flatMap(([name, shape]) => {
    const isSame = named.get(name)?.shape.join() === shape.shape.join();
    shape.dispose();
    return isSame ? [] : [name];
  });
  return new Set(names);
}

const File = z.looseObject({ model_type: z.string().nullable() });

/** The same model with so many tokens. */
function planWith(model: CausalLm, vocabSize: number): StoredPlan {
  const file = File.parse(model.configFile());
  const plan = planStored(file.model_type, { ...file, vocab_size: vocabSize }, "config.json");
  if (plan?.outline.vocabSize === vocabSize) return plan;
  throw new ModelError(
    "UNSUPPORTED_BACKEND",
    `a ${model.family} cannot get another vocabulary: "vocab_size" of its config.json does not say how large it is`,
  );
}

/** (V, ...) -> (V', ...): the means of rows. */
function rowsOf(old: Tensor, pieces: Pieces): Tensor {
  const byLength = new Map<number, number[]>();
  for (const [id, { length }] of pieces.entries()) {
    const ids = byLength.get(length);
    if (ids === undefined) byLength.set(length, [id]);
    else ids.push(id);
  }
  const groups = [...byLength].map(([length, ids]) => {
    const shape = old.shape.slice(1);
    if (length === 0) return old.mean(0, true).expand([ids.length, ...shape]);
    const rows = old.indexSelect(
      0,
      int64(
        ids.flatMap((id) => at(pieces, id)),
        old,
      ),
    );
    return rows.reshape([ids.length, length, ...shape]).mean(1);
  });
  const places: number[] = [];
  for (const [place, id] of [...byLength.values()].flat().entries()) places[id] = place;
  return cat(groups, 0).indexSelect(0, int64(places, old));
}

const int64 = (ids: readonly number[], { device }: Tensor): Tensor =>
  tensor(ids, [ids.length], { dtype: "int64", device });
