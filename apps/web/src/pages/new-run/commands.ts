import { camel, flaggedDimensions, snake, terminalDefaults } from "@trainer/options";
import { fields, isScalar, type Value } from "./fields.js";
import type { Family, Request } from "./request.js";

/** What the command line, and a file of its options, have in place of a request's defaults. */
const usual: ReadonlyMap<string, unknown> = new Map(
  Object.entries(terminalDefaults).map(([key, value]) => [snake(key), value]),
);

const CORPUS: ReadonlySet<string> = new Set(["corpus_path", "corpus_paths", "corpus_weights", "corpus_file_id"]);
const FLAGGED: ReadonlySet<string> = new Set(flaggedDimensions);

interface Given {
  /** Its name in requests, and in files of options. */
  readonly name: string;
  readonly flag: string;
  readonly value: Value;
}

/** The options of `trainer train` that a request comes to: those that are not the command's defaults. */
function optionsOf(request: Request, family: Family | undefined): Given[] {
  return fields.flatMap(({ name, flag, facts }) => {
    const value = request[name] ?? facts.default;
    const byItself = name === "tokenizer_method" ? family?.tokenizer_method : facts.default;
    const isUsual = value === (usual.has(name) ? usual.get(name) : byItself);
    const isGiven = isList(value) || (isScalar(value) && value !== "");
    return CORPUS.has(name) || isUsual || !isGiven ? [] : [{ name, flag, value }];
  });
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

/** The dimensions of a request, by whether the command has flags for them. */
function dimensionsOf({ model_config: config }: Request): { readonly flagged: Given[]; readonly others: string[] } {
  const all = typeof config === "object" ? Object.entries(config) : [];
  return {
    flagged: all.flatMap(([name, value]) =>
      FLAGGED.has(camel(name)) ? [{ name, flag: name.replaceAll("_", "-"), value }] : [],
    ),
    others: all.flatMap(([name]) => (FLAGGED.has(camel(name)) ? [] : [name])),
  };
}

/** In place of a text that is not chosen yet. */
const SOME_TEXT = "my-text.txt";

/** Words of a command line for the text, or for each text with its weight. */
function corpusOf({
  corpus_file_id: id,
  corpus_path: path,
  corpus_paths: paths,
  corpus_weights: weights,
}: Request): string[] {
  if (typeof id === "string") return [id];
  if (isList(paths)) return paths.map((each, i) => `${asWord(each)}:${isList(weights) ? String(weights[i]) : "1"}`);
  return [typeof path === "string" ? asWord(path) : SOME_TEXT];
}

/** A path that is no flag. */
const asWord = (path: string): string => (path.startsWith("-") ? `./${path}` : path);

/** Dimensions that a request sets and the command line has no flags for. */
export const withoutFlags = (request: Request): readonly string[] => dimensionsOf(request).others;

/** `trainer train` with what a request asks for. */
export function commandLine(request: Request, family: Family | undefined): string {
  const options = [...optionsOf(request, family), ...dimensionsOf(request).flagged];
  return [`trainer train ${corpusOf(request).map(shellWord).join(" ")}`, ...options.flatMap(flagsOf)].join(" \\\n  ");
}

/** Of a list one for each. */
function flagsOf({ flag, value }: Given): string[] {
  if (typeof value === "boolean") return [value ? `--${flag}` : `--no-${flag}`];
  return [value].flat().map((each) => `--${flag} ${shellWord(String(each))}`);
}

/** A word as a POSIX shell reads it back. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The file of options by which `trainer train --options FILE` does the same, for the folder where the text lies. */
export function tomlFile(request: Request, family: Family | undefined): string {
  const { model_config: config = {} } = request;
  const dimensions = Object.entries(config).map(([name, value]) => tomlLine(name, value));
  const lines = [
    ...corpusLines(request),
    ...optionsOf(request, family).map(({ name, value }) => tomlLine(name, value)),
  ];
  return `${[...lines, ...(dimensions.length === 0 ? [] : ["", "[model_config]", ...dimensions])].join("\n")}\n`;
}

function corpusLines({ corpus_file_id: id, corpus_path: path = SOME_TEXT, ...mix }: Request): string[] {
  if (typeof id === "string") return [tomlLine("corpus_file_id", id)];
  const { corpus_paths: paths, corpus_weights: weights = [] } = mix;
  if (paths === undefined) return [tomlLine("corpus_path", path)];
  return [tomlLine("corpus_paths", paths), tomlLine("corpus_weights", weights)];
}

const tomlLine = (name: string, value: unknown): string => `${name} = ${tomlValue(value)}`;

/** A text in TOML is one in JSON, which leaves one control character as it is. */
const tomlValue = (value: unknown): string => JSON.stringify(value).replaceAll("\u007f", String.raw`\u007f`);

/** The call by curl that does the same, of a service at an address. */
export const curlCall = (request: Request, origin: string): string =>
  [
    `curl ${shellWord(`${origin}/runs/train`)}`,
    `--header "X-API-Key: $KEY"`,
    "--header 'Content-Type: application/json'",
    `--data ${shellWord(JSON.stringify(request, null, 2))}`,
  ].join(" \\\n  ");
