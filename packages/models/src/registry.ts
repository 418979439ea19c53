import { manualSeed, Params, type Device, type DType } from "@trainer/torch";
import { addFamilyInfo, families, familyInfo, familyNames, isFamily, type FamilyName } from "./capabilities.js";
import { ModelError } from "./errors.js";
import type { Family, Outline, SpecialIds, Tied } from "./family.js";
import { charLstm } from "./char-lstm.js";
import { gpt2 } from "./gpt2.js";
import { gptNeox } from "./gpt-neox.js";
import { llama } from "./llama.js";
import type { CausalLm } from "./model.js";
import { olmo2 } from "./olmo2.js";
import { phi3 } from "./phi3.js";
import { qwen } from "./qwen.js";
import { newConfig, parseConfig, type Choice } from "./new-config.js";

export interface BuildOptions {
  readonly device?: Device;
  readonly dtype?: DType;
  /** Seeds the generator that the weights are drawn from; without it they follow from its present state. */
  readonly seed?: number | bigint;
}

/** A new model, its weights initialized as in the family's paper. */
export function build<Config extends object>(
  family: Family<Config>,
  config: Config,
  { seed, ...where }: BuildOptions = {},
): CausalLm {
  if (seed !== undefined) manualSeed(seed);
  const params = new Params(where);
  return {
    ...family.network(params, config),
    family: family.name,
    config,
    params,
    outline: family.outline(config),
    configFile: () => family.toFile(config),
  };
}

/** A model that is not built yet: its family and a config that has been checked, whichever they are. */
export interface ModelPlan {
  readonly family: FamilyName;
  readonly config: object;
  readonly outline: Outline;
  build(options?: BuildOptions): CausalLm;
  /** Parameter name of a stored tensor; null if it is no parameter. */
  parameterName(stored: string): string | null;
  readonly tied: Tied | null;
}

export interface StoredPlan extends ModelPlan {
  readonly specials: SpecialIds;
}

/** A config is handed to the family that made it alone. */
const registered = new Map<FamilyName, Family<object>>();

/**
 * Makes a family known under its name, to all that asks for a model by name or opens a folder of one. Throws where the name
 * is taken.
 */
export function registerFamily<Config extends object>(family: Family<Config>): void {
  if (registered.has(family.name))
    throw new ModelError("UNSUPPORTED_BACKEND", `there is a model family "${family.name}" already`);
  if (!isFamily(family.name)) addFamilyInfo(family); // else it was known before its code was loaded
  registered.set(family.name, family);
}

registerFamily(gpt2);
registerFamily(llama);
registerFamily(qwen);
registerFamily(olmo2);
registerFamily(gptNeox);
registerFamily(phi3);
registerFamily(charLstm);

/** Loads the code of a family that is known by its name alone; of others it is there already. */
export async function loadFamily(name: FamilyName): Promise<void> {
  if (!registered.has(name)) await familyInfo(name)?.loadCode?.();
}

/** The same by what a `config.json` calls itself; where that does not say, of all. */
export async function loadFamilyOf(modelType: string | null): Promise<void> {
  for (const [name, { modelTypes }] of families())
    if (modelType === null || modelTypes.includes(modelType)) await loadFamily(name);
}

/** A new model of a family's size, or an error that lists the families, sizes or dimensions there are. */
export function planModel(family: FamilyName, choice: Choice): ModelPlan {
  const found = registered.get(family);
  if (found === undefined) throw noFamily(family, familyNames());
  return plan(found, newConfig(found, choice));
}

const plan = <Config extends object>(family: Family<Config>, config: Config): ModelPlan => ({
  family: family.name,
  config,
  outline: family.outline(config),
  build: (options) => build(family, config, options),
  parameterName: (stored) => family.parameterName(stored),
  tied: family.tied(config),
});

/** The model that the value of a `config.json` describes; `modelType` null where it does not say. */
export function planStored(modelType: string | null, file: object, where: string): StoredPlan | null {
  const families = [...registered.values()];
  const found = families.find((family) =>
    modelType === null ? family.recognises?.(file) : family.modelTypes.includes(modelType),
  );
  if (found !== undefined) {
    const { config, specials } = parseConfig(found, file, where);
    return { ...plan(found, config), specials };
  }
  if (modelType === null) return null;
  throw noFamily(
    modelType,
    families.flatMap(({ modelTypes }) => modelTypes),
  );
}

const noFamily = (name: string, names: readonly string[]) =>
  new ModelError("UNSUPPORTED_BACKEND", `no model family "${name}"; there are: ${names.join(", ")}`);
