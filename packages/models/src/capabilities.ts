import type { z } from "zod";
import { charLstmDimensions, charLstmSpec } from "./char-lstm-config.js";
import { ModelError } from "./errors.js";
import type { Dimensions, FamilySpec, Outline, Precision } from "./family.js";
import { gpt2Dimensions, gpt2Spec } from "./gpt2-config.js";
import { gptNeoxDimensions, gptNeoxSpec } from "./gpt-neox-config.js";
import { llamaDimensions, llamaSpec } from "./llama-config.js";
import { olmo2Spec } from "./olmo2-config.js";
import { phi3Spec } from "./phi3-config.js";
import { qwenSpec } from "./qwen-config.js";
import { newConfig, parseConfig, type Choice } from "./new-config.js";

export { ADAPTER_CONFIG, ADAPTER_FILE, INDEX_FILE, WEIGHTS_FILE } from "./file-names.js";
export { camelKeys, snakeKeys, specialFields, toSpecials } from "./config-schema.js";
export { elementTypeNames, type ElementTypeName } from "./gguf/element-types.js";
export { ModelError, type ModelErrorCode } from "./errors.js";
export { precisions, type Dimensions, type Outline, type Precision } from "./family.js";
export type { Choice } from "./new-config.js";

// The known families without native code: requests are checked against it.

export interface FamilyInfo {
  readonly title: string;
  readonly sizes: Readonly<Record<string, Dimensions>>;
  readonly precisions: readonly Precision[];
  /** Dimensions that may be set in place of a size's. */
  readonly dimensions: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  /** Those of them that one rate for all dropout sets. */
  readonly dropouts: readonly string[];
  /** The kind of tokenizer that suits it; bpe by default. */
  readonly tokenizer: string | undefined;
  /** `model_type`s of the `config.json` files that it reads. */
  readonly modelTypes: readonly string[];
  /** Registers the family whole, where its code is not loaded with the package. */
  readonly loadCode: (() => Promise<void>) | undefined;
  /** The shape of the model chosen, or a ModelError that names what cannot be. */
  outline(choice: Choice): Outline;
  /** The shape of the model that a `config.json`'s value describes, or a ModelError that names what is wrong in it. */
  storedOutline(file: object, where: string): Outline;
}

export type FamilyName = string;

const known = new Map<FamilyName, FamilyInfo>();

/** Makes a family known by its name. Throws where the name is taken. */
export function addFamilyInfo<Config extends object>(spec: FamilySpec<Config>, loadCode?: () => Promise<void>): void {
  if (known.has(spec.name))
    throw new ModelError("UNSUPPORTED_BACKEND", `there is a model family "${spec.name}" already`);
  const { title, sizes, precisions, dimensions, dropouts, tokenizer, modelTypes } = spec;
  const outline = (choice: Choice) => spec.outline(newConfig(spec, choice));
  const storedOutline = (file: object, where: string) => spec.outline(parseConfig(spec, file, where).config);
  const about = { title, sizes, precisions, dimensions, dropouts, tokenizer, modelTypes };
  known.set(spec.name, { ...about, loadCode, outline, storedOutline });
}

addFamilyInfo(gpt2Spec);
addFamilyInfo(llamaSpec);
addFamilyInfo(qwenSpec);
addFamilyInfo(olmo2Spec);
addFamilyInfo(gptNeoxSpec);
addFamilyInfo(phi3Spec);
addFamilyInfo(charLstmSpec);

/** The dimensions of all families that come with the package, by their names. */
export const dimensions = {
  ...gpt2Dimensions.shape,
  ...gptNeoxDimensions.shape,
  ...llamaDimensions.shape, // Qwen's, OLMo 2's and Phi-3's among them
  ...charLstmDimensions.shape,
};

/** All that is known, by name. */
export const families = (): ReadonlyMap<FamilyName, FamilyInfo> => known;

export const familyNames = (): FamilyName[] => [...known.keys()];

export const isFamily = (name: unknown): name is FamilyName => typeof name === "string" && known.has(name);

/** A family's info, or null. */
export const familyInfo = (name: FamilyName): FamilyInfo | null => known.get(name) ?? null;
