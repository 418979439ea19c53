import { ADAPTER_FILE, INDEX_FILE, WEIGHTS_FILE } from "@trainer/models/capabilities";
import { COMPANIONS, tokenizerFiles } from "@trainer/tokenizers/capabilities";
import { z } from "zod";
import { TrainingError } from "../../errors.js";
import type { HubFile, HubRepository } from "./hub.js";

export const CONFIG_FILE = "config.json";
export const CARD_FILE = "README.md";

/** Files beside the weights that say what the model is, how it is used, and under which terms. */
const BESIDE: ReadonlySet<string> = new Set([
  CONFIG_FILE,
  "generation_config.json",
  "chat_template.jinja",
  ...tokenizerFiles,
  ...COMPANIONS,
  CARD_FILE,
]);
const LICENCE = /^(?:LICEN[CS]E|NOTICE|USE_POLICY)(?:\.(?:md|txt))?$/;

/** The most bytes of a file beside the weights: a vocabulary of a million tokens has a tenth of it. */
const BESIDE_BYTES = 2 ** 28;

export interface ChosenFiles<File extends HubFile> {
  readonly config: File;
  /** The other files beside the weights, with the list of the weights' files where there are several. */
  readonly beside: readonly File[];
  /** The file of the weights; null where a list names several. */
  readonly weights: File | null;
}

/**
 * The files of a repository that make a model here. No other is fetched: none that is code, none that Python would run.
 * @throws TrainingError MODEL_NOT_FOUND or TOKENIZER_NOT_FOUND, which say what is there instead
 */
export function chooseFiles<File extends HubFile>(repository: HubRepository<File>): ChosenFiles<File> {
  const { name, files } = repository;
  const byName = new Map(files.map((file) => [file.name, file]));
  const index = byName.get(INDEX_FILE);
  const weights = byName.get(WEIGHTS_FILE);
  const config = byName.get(CONFIG_FILE);
  if (index === undefined && weights === undefined) throw noWeights(name, [...byName.keys()]);
  if (config === undefined) throw notFound(`${name} has no ${CONFIG_FILE}, which says what its weights are`);
  if (!tokenizerFiles.some((file) => byName.has(file))) throw noTokenizer(name);
  const beside = [...byName.values()].filter((file) => BESIDE.has(file.name) || LICENCE.test(file.name));
  const listed = weights === undefined && index !== undefined ? [...beside, index] : beside;
  for (const file of listed) if (file.size > BESIDE_BYTES) throw tooLarge(name, file);
  return { config, beside: listed.filter((file) => file !== config), weights: weights ?? null };
}

function noWeights(name: string, there: readonly string[]): TrainingError {
  if (there.includes(ADAPTER_FILE))
    return notFound(`${name} holds an adapter alone (${ADAPTER_FILE}), which is no model without its base`);
  const others = there.filter((file) => /\.(?:bin|pt|pth|ckpt|msgpack|h5|safetensors|gguf|onnx)$/.test(file));
  if (others.length === 0) return notFound(`${name} has no weights: there is no ${WEIGHTS_FILE}`);
  const pickled = others.some((file) => /\.(?:bin|pt|pth|ckpt)$/.test(file));
  const why = pickled ? "; files that Python would unpickle can run code, and are not read" : "";
  const shown = others.slice(0, 5).join(", ");
  return notFound(
    `${name} has no ${WEIGHTS_FILE}, but ${shown}${why}: look for a repository or a revision of this model in safetensors`,
  );
}

const noTokenizer = (name: string) =>
  new TrainingError(
    "TOKENIZER_NOT_FOUND",
    `${name} has no tokenizer that is read here: none of ${tokenizerFiles.join(" and ")}`,
  );

const tooLarge = (name: string, { name: file, size }: HubFile) =>
  new TrainingError(
    "MODEL_INCOMPATIBLE",
    `${name}: ${file} has ${size} bytes, and at most ${BESIDE_BYTES} are read of such a file`,
  );

const notFound = (message: string) => new TrainingError("MODEL_NOT_FOUND", message);

const Index = z.object({ weight_map: z.record(z.string(), z.string()) });
const SHARD = /^[^/\\]+\.safetensors$/;

/** The files that a repository's list of weights names. @throws TrainingError MODEL_INCOMPATIBLE */
export function listedShards<File extends HubFile>(index: string, { name, files }: HubRepository<File>): File[] {
  const wrong = (what: string) => new TrainingError("MODEL_INCOMPATIBLE", `${name}: ${INDEX_FILE} ${what}`);
  const parsed = Index.safeParse(parse(index));
  if (!parsed.success) throw wrong(`is no list of weights: ${z.prettifyError(parsed.error).slice(0, 1000)}`);
  const names = [...new Set(Object.values(parsed.data.weight_map))];
  if (names.length === 0) throw wrong("lists no weights");
  return names.map((shard) => {
    if (!SHARD.test(shard))
      throw wrong(`names ${JSON.stringify(shard.slice(0, 200))}, which is no safetensors file beside it`);
    const file = files.find((each) => each.name === shard);
    if (file === undefined) throw wrong(`names ${shard}, which is not there`);
    return file;
  });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
