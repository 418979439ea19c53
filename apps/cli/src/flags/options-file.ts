import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { families } from "@trainer/models/capabilities";
import { camel, snake } from "@trainer/options";
import { AppError, readToml, type TomlText } from "@trainer/platform";
import { nearest } from "@trainer/training/options";
import { z } from "zod";
import { optionSpecs, type OptionSpec } from "../framework/option-spec.js";
import { explain, UsageError } from "../process/errors.js";
import { DIMENSION_FLAGS } from "./dimension-flags.js";
import { ABOUT_RUN, TRAIN_ALIASES, TrainFlags } from "./train-options.js";

/** What a file says of a training. */
export interface FileOptions {
  /** The text, as words of the command line. */
  readonly words: readonly string[];
  /** Options by the field that each is. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Fields of requests that are called otherwise than in flags. */
const CALLED: Readonly<Record<string, string>> = { tokenizer: "tokenizer_id" };
const CORPUS = "corpus_path";
const CORPUS_ID = "corpus_file_id";
const MIXED = "corpus_paths";
const WEIGHTS = "corpus_weights";
const DIMENSIONS = "model_config";
/** What is no flag, and stands in a file in a way of its own. */
const OUTSIDE = [CORPUS, CORPUS_ID, MIXED, WEIGHTS, DIMENSIONS];

/** Names that are paths where there is a slash in them. */
const PLACES: ReadonlySet<string> = new Set(["tokenizer_id", "pretrained_run_id", "teacher"]);

const { dropout: _rates, modelConfig: _table, ...flags } = TrainFlags.shape;
const options: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(flags).filter(([key]) => !(key in ABOUT_RUN) && !(key in DIMENSION_FLAGS)),
);

interface Known {
  readonly schema: z.ZodType;
  readonly spec: OptionSpec;
}

/**
 * Options of a training from a TOML file: by their names in requests, dimensions in the table `model_config`. Relative
 * paths start from the file's folder.
 * @throws UsageError for what cannot be read, and for each key that is not known or has a value that it cannot have,
 * with its line
 */
export function readOptionsFile(file: string): FileOptions {
  const toml = read(file);
  const wrong: string[] = [];
  const refuse = (path: readonly string[], why: string) =>
    wrong.push(`${toml.placeOf(path)}: ${path.join(".")} ${why}`);
  const below = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  const { [CORPUS]: corpus, [CORPUS_ID]: id, [DIMENSIONS]: dimensions = {}, ...rest } = toml.table;
  const { [MIXED]: mixed, [WEIGHTS]: weights, ...others } = rest;

  const taken = <T>(schema: z.ZodType<T>, name: string, value: unknown, rule: string): T[] => {
    const { success, data } = schema.safeParse(value);
    if (!success) refuse([name], rule);
    return success ? [data] : [];
  };
  const texts = taken(OneOrMore, CORPUS, corpus ?? [], "must be a path, or a list of paths");
  const fileIds = id === undefined ? [] : taken(Name, CORPUS_ID, id, "must be the id of a file");
  const paths = taken(Names, MIXED, mixed ?? [], "must be a list of paths").flat();
  const shares = taken(Weights, WEIGHTS, weights ?? [], "must be a list of weights: 0.3, or '0.1-0.9'").flat();
  if (paths.length !== shares.length)
    refuse([mixed === undefined ? WEIGHTS : MIXED], `needs as many in ${mixed === undefined ? MIXED : WEIGHTS}`);
  if (paths.length > 0 && (corpus ?? id) !== undefined)
    refuse([MIXED], `and ${corpus === undefined ? CORPUS_ID : CORPUS} exclude each other`);
  const tables = taken(z.record(z.string(), z.unknown()), DIMENSIONS, dimensions, "must be a table");
  if (corpus !== undefined && id !== undefined) refuse([CORPUS_ID], `and ${CORPUS} exclude each other`);

  const known = knownOptions();
  const checked = Object.entries(others).flatMap(([name, value]) => {
    const option = known.get(name);
    const why = option === undefined ? unknown(name, [...known.keys(), ...OUTSIDE]) : whyNot(option, value);
    if (why !== null) refuse([name], why);
    const isPath = PLACES.has(name) && typeof value === "string" && /[/\\]/.test(value);
    return option === undefined ? [] : [[option.spec.key, isPath ? below(value) : value] as const];
  });
  const dims = knownDimensions();
  const modelConfig = tables
    .flatMap((table) => Object.entries(table))
    .map(([name, value]) => {
      const option = dims.get(name);
      const why = option === undefined ? unknown(name, [...dims.keys()]) : whyNot(option, value);
      if (why !== null) refuse([DIMENSIONS, name], why);
      return [camel(name), value] as const;
    });
  if (wrong.length > 0) throw new UsageError(wrong.join("\n"));
  return {
    words: [...texts.flat().map(below), ...fileIds, ...paths.map((path, i) => `${below(path)}:${shares[i]}`)],
    options: { ...Object.fromEntries(checked), modelConfig: Object.fromEntries(modelConfig) },
  };
}

const Name = z.string().trim().min(1);
const Names = z.array(Name);
const OneOrMore = z.union([Name.transform((path) => [path]), Names]);
const Weights = z.array(z.union([Name, z.number().transform(String)]));

function read(file: string): TomlText {
  try {
    return readToml(readFileSync(file, "utf8"), file);
  } catch (error) {
    throw new UsageError(error instanceof AppError ? error.message : `--options ${explain(error).message}`);
  }
}

const knownOptions = (): ReadonlyMap<string, Known> =>
  new Map(knownIn(options).map((known) => [CALLED[known.spec.key] ?? snake(known.spec.key), known]));

/** The dimensions of all families, those of plugins too: which of them the chosen one has is checked with the rest. */
const knownDimensions = (): ReadonlyMap<string, Known> =>
  new Map(
    [...families().values()].flatMap(({ dimensions }) =>
      knownIn(dimensions.shape).map((known) => [snake(known.spec.key), known] as const),
    ),
  );

const knownIn = (shape: Readonly<Record<string, z.ZodType>>): Known[] =>
  Object.entries(shape).flatMap(([key, schema]) =>
    optionSpecs(z.object({ [key]: schema })).map((spec) => ({ schema, spec })),
  );

/** What is wrong with a value, or null. */
function whyNot({ schema, spec }: Known, value: unknown): string | null {
  const { error } = schema.safeParse(value);
  if (error === undefined) return null;
  if (spec.kind === "boolean") return "must be true or false";
  if (spec.kind === "list") return "must be a list of texts";
  if (spec.allowed !== "text") {
    const [near] = typeof value === "string" ? nearest(value, spec.choices, 1) : [];
    return `must be ${spec.allowed}${near === undefined ? "" : `; did you mean ${near}?`}`;
  }
  return typeof value === "string" ? error.issues.map(({ message }) => message).join("; ") : "must be a text";
}

/** Names that options have elsewhere, by the one that they have here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["corpus", CORPUS],
  ...optionSpecs(TrainFlags).flatMap(({ key, flag }) => {
    const name =
      key in DIMENSION_FLAGS || key === "dropout" ? `${DIMENSIONS}.${snake(key)}` : (CALLED[key] ?? snake(key));
    const names = [key, snake(key), flag, Object.entries(TRAIN_ALIASES).find(([field]) => field === key)?.[1] ?? key];
    return key in ABOUT_RUN ? [] : names.map((other) => [other, name] as const);
  }),
]);

function unknown(name: string, known: readonly string[]): string {
  const meant = ELSEWHERE.get(name) ?? nearest(name, known, 1)[0];
  return `is no option of a training${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}
