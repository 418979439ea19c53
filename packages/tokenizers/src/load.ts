import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { z } from "zod";
import type { TokenizerBackend, TokenizerFile } from "./backend.js";
import { tokenizerFiles } from "./capabilities.js";
import { TokenizerError } from "./errors.js";
import { backends, loadAllTokenizers } from "./registry.js";
import { COMPANIONS, type Files } from "./save-files.js";
import { configIn } from "./specials.js";
import type { Tokenizer } from "./tokenizer.js";

/**
 * Opens a tokenizer from its file, or from the folder of a model or tokenizer that holds one; what the file is decides
 * which kind it is. Throws TOKENIZER_NOT_FOUND, and TOKENIZER_LOAD_FAILED with what is broken or not supported.
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const file = await open(await fileAt(path));
  let backend = backendOf(file);
  if (backend === undefined) {
    await loadAllTokenizers();
    backend = backendOf(file);
  }
  if (backend === undefined) throw new TokenizerError("TOKENIZER_LOAD_FAILED", whatIs(file));
  return backend.load(file);
}

const backendOf = (file: TokenizerFile): TokenizerBackend | undefined =>
  [...backends().values()].find((candidate) => candidate.recognizes(file));

async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_NOT_FOUND", `there is no tokenizer at ${path}`, { cause });
  });
  if (!found.isDirectory()) return path;
  for (const name of tokenizerFiles) {
    if ((await unlessAbsent(stat(join(path, name)))) !== null) return join(path, name);
  }
  throw new TokenizerError("TOKENIZER_NOT_FOUND", `the folder ${path} has no ${tokenizerFiles.join(" and no ")}`);
}

async function open(path: string): Promise<TokenizerFile> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `cannot read ${path}`, { cause });
  });
  const json = jsonIn(bytes);
  if (isDeeper(json, DEEPEST))
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `${path} is nested deeper than ${DEEPEST} levels, as none is`);
  const beside = await filesBeside(path);
  return { path, bytes, json, type: typeOf(json), config: configIn(beside), beside };
}

/** Levels of arrays and objects in one another; what reads them further on goes down by recursion. */
const DEEPEST = 100;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

const Kind = z.looseObject({ kind: z.string() }).transform(({ kind }) => kind);
const ModelType = z
  .looseObject({ model: z.looseObject({ type: z.string().default("BPE") }) })
  .transform(({ model }) => model.type);

const typeOf = (json: unknown): string | null => z.union([Kind, ModelType]).safeParse(json).data ?? null;

function whatIs({ path, json, type }: TokenizerFile): string {
  if (json === undefined) return `${path} is not JSON, nor a tokenizer of another known kind`;
  if (type === null) return `${path} is not a tokenizer.json: it says neither its "kind" nor its "model"`;
  return `${path} holds a "${type}" model; there are ${[...backends().keys()].join(", ")}`;
}

async function filesBeside(path: string): Promise<Files> {
  const found = await Promise.all(
    COMPANIONS.map(async (name) => {
      const text = await unlessAbsent(readFile(join(dirname(path), name), "utf8"));
      return text === null ? [] : [[name, text] as const];
    }),
  );
  return new Map(found.flat());
}
