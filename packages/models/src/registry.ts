import { manualSeed, Params, type Device, type DType } from "@trainer/torch";
import { families, isFamily, sizeOf, type FamilyName } from "./capabilities.js";
import { ModelError } from "./errors.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config, type Gpt2Config, type KnownGpt2Config } from "./gpt2-config.js";
import type { CausalLm } from "./model.js";

/** One line a family: how it is built from a parameter tree and a config. */
export const models = { gpt2 } satisfies Record<FamilyName, (params: Params, config: Gpt2Config) => CausalLm>;

export interface BuildOptions {
  readonly device?: Device;
  readonly dtype?: DType;
  /** Seeds the generator that the weights are drawn from; without it they follow from its present state. */
  readonly seed?: number | bigint;
}

/** A new model with its weights drawn as the family's paper says. */
export function build(family: FamilyName, config: Gpt2Config, { seed, ...where }: BuildOptions = {}): CausalLm {
  if (seed !== undefined) manualSeed(seed);
  return models[family](new Params(where), config);
}

/** The family of that name, or an error that lists those there are. */
export function familyNamed(name: string): FamilyName {
  if (isFamily(name)) return name;
  const names = Object.keys(families).join(", ");
  throw new ModelError("UNSUPPORTED_BACKEND", `no model family "${name}"; there are: ${names}`);
}

/** The config of a family's size, with what is given in place of its defaults. */
export function configFor(family: FamilyName, size: string, overrides: KnownGpt2Config): Gpt2Config {
  const dimensions = sizeOf(family, size);
  if (dimensions === null) {
    const sizes = Object.keys(families[family].sizes).join(", ");
    throw new ModelError("INVALID_MODEL_SIZE", `${family} has no size "${size}"; there are: ${sizes}`);
  }
  const { nEmbd = dimensions.nEmbd, nLayer = dimensions.nLayer, nHead = dimensions.nHead } = overrides;
  return gpt2Config({ ...overrides, nEmbd, nLayer, nHead });
}
