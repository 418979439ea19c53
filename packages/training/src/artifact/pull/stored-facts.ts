import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { families, type FamilyInfo } from "@trainer/models/capabilities";
import { headerLength, LENGTH_BYTES, parseHeader } from "@trainer/torch/capabilities";
import { z } from "zod";
import { TrainingError } from "../../errors.js";
import { CARD_FILE, CONFIG_FILE } from "./choose-files.js";

/** What a config.json says of a model. */
export interface ConfigFacts {
  /** Title of the family that the model is of here. */
  readonly family: string;
  readonly modelType: string;
  readonly contextLength: number;
}

const Config = z.looseObject({
  model_type: z.string(),
  quantization_config: z.looseObject({ quant_method: z.string().optional().catch(undefined) }).nullish(),
});

/**
 * Reads the config.json in a folder, for a model that can be built here.
 * @param name of the repository, in messages
 * @throws TrainingError UNSUPPORTED_BACKEND, MODEL_INCOMPATIBLE, naming the family and what of it there is not here
 */
export async function readConfigFacts(dir: string, name: string): Promise<ConfigFacts> {
  const where = `${name}: ${CONFIG_FILE}`;
  const parsed = Config.safeParse(parse(await readFile(join(dir, CONFIG_FILE), "utf8")));
  if (!parsed.success)
    throw new TrainingError("MODEL_INCOMPATIBLE", `${where} does not say what it is of (model_type)`);
  const { model_type: modelType, quantization_config: quantization } = parsed.data;
  const info = familyOf(modelType, where);
  if (quantization) {
    const method = quantization.quant_method ?? "a method that it does not name";
    const message = `${where}: its weights are quantized by ${method}, which is not read here`;
    throw new TrainingError("MODEL_INCOMPATIBLE", `${message}: look for the repository that they were made of`);
  }
  try {
    const { contextLength } = info.storedOutline(parsed.data, where);
    return { family: info.title, modelType, contextLength };
  } catch (error) {
    throw TrainingError.from(error);
  }
}

function familyOf(modelType: string, where: string): FamilyInfo {
  const all = [...families().values()];
  const found = all.find(({ modelTypes }) => modelTypes.includes(modelType));
  if (found !== undefined) return found;
  const types = all.flatMap(({ modelTypes }) => modelTypes).join(", ");
  const message = `${where}: no model family "${modelType.slice(0, 100)}"; there are: ${types}`;
  throw new TrainingError("UNSUPPORTED_BACKEND", message);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/**
 * Numbers in safetensors files, by their headers, which are checked against the files' sizes.
 * @throws TrainingError MODEL_LOAD_FAILED for a file that is not sound
 */
export async function countParameters(paths: readonly string[]): Promise<number> {
  let count = 0;
  for (const path of paths) count += await countIn(path);
  return count;
}

async function countIn(path: string): Promise<number> {
  await using file = await open(path);
  const { size } = await file.stat();
  const read = async (length: number, position: number) => {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position });
    return buffer.subarray(0, bytesRead);
  };
  try {
    const length = headerLength(await read(LENGTH_BYTES, 0), size, path);
    const { tensors } = parseHeader(await read(length, LENGTH_BYTES), size, path);
    return [...tensors.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((product, each) => product * each, 1),
      0,
    );
  } catch (cause) {
    throw new TrainingError("MODEL_LOAD_FAILED", TrainingError.from(cause).message, { cause });
  }
}

/** The most of a card that is looked at. */
const CARD_LENGTH = 1 << 16;

/** The licence that a model's card names in its first lines; null where there is none. */
export async function readLicence(dir: string): Promise<string | null> {
  const card = (await unlessAbsent(readFile(join(dir, CARD_FILE), "utf8"))) ?? "";
  const [, head = ""] = /^---\r?\n([^]*?)\n---/.exec(card.slice(0, CARD_LENGTH)) ?? [];
  const field = (name: string) => {
    const line = head.split(/\r?\n/).find((each) => each.startsWith(`${name}:`)) ?? "";
    return (
      line
        .slice(name.length + 1)
        .trim()
        .replace(/^(["'])(.*)\1$/, "$2")
        .slice(0, 100) || null
    );
  };
  const licence = field("license");
  return (licence === "other" ? field("license_name") : null) ?? licence;
}
