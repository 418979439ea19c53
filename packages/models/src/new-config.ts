import { snake } from "@trainer/disk";
import { camelKeys } from "./config-schema.js";
import { ModelError } from "./errors.js";
import type { Dimensions, FamilySpec, ParsedConfig } from "./family.js";

/** Choice of a new model. */
export interface Choice {
  readonly size: string;
  /** Overrides the size's; undefined counts as absent. */
  readonly dimensions?: Dimensions;
  readonly vocabSize?: number;
  readonly contextLength?: number;
}

/** The config of a new model, or an error that names the size or each dimension that cannot be. */
export function newConfig<Config extends object>(
  family: FamilySpec<Config>,
  { size, dimensions = {}, vocabSize, contextLength }: Choice,
): Config {
  const sized = new Map(Object.entries(family.sizes)).get(size);
  if (sized === undefined) {
    const sizes = Object.keys(family.sizes).join(", ");
    throw new ModelError("INVALID_MODEL_SIZE", `${family.name} has no size "${size}"; there are: ${sizes}`);
  }
  const chosen = Object.entries(dimensions).filter(([, value]) => value !== undefined);
  const known = Object.keys(family.dimensions.shape);
  const foreign = chosen.filter(([name]) => !known.includes(name)).map(([name]) => name);
  if (foreign.length > 0) {
    const message = `${family.name} has no ${foreign.join(", ")}; its dimensions are: ${known.join(", ")}`;
    throw new ModelError("INVALID_DIMENSIONS", message);
  }
  return configOf(family, {
    ...sized,
    ...Object.fromEntries(chosen),
    ...(vocabSize === undefined ? {} : { vocabSize }),
    ...(contextLength === undefined ? {} : { [family.contextName]: contextLength }),
  });
}

/** A config from what is known of it; the rest has the defaults of an empty `config.json`. */
export function configOf<Config extends object>(family: FamilySpec<Config>, known: object): Config {
  const [modelType] = family.modelTypes;
  return parse(family, { modelType, ...known }, "the model's dimensions", "INVALID_DIMENSIONS").config;
}

/** Reads a `config.json`'s value; every value that is wrong or not implemented is named, with what would be right. */
export const parseConfig = <Config extends object>(family: FamilySpec<Config>, file: object, where: string) =>
  parse(family, camelKeys(file), where, "MODEL_INCOMPATIBLE");

function parse<Config extends object>(
  family: FamilySpec<Config>,
  fields: object,
  where: string,
  code: "MODEL_INCOMPATIBLE" | "INVALID_DIMENSIONS",
): ParsedConfig<Config> {
  const parsed = family.file.safeParse(fields);
  if (parsed.success) return parsed.data;
  const nameOf = ([field = "", ...inner]: readonly PropertyKey[]) => [snake(String(field)), ...inner].join(".");
  const wrong = parsed.error.issues.map(({ path, message }) => [nameOf(path), message].filter(Boolean).join(": "));
  throw new ModelError(code, `${where}: not a ${family.title} that can be built (${wrong.join("; ")})`);
}

/** The known part of a config; undefined counts as absent. */
export type Known<Config> = { readonly [Key in keyof Config]?: Config[Key] | undefined };
