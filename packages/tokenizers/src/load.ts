import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TokenizerError } from "./errors.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { backends, type TokenizerBackend } from "./registry.js";
import { TokenizerConfig } from "./specials.js";
import type { Tokenizer } from "./tokenizer.js";

/**
 * Opens a tokenizer from its file, or from the folder of a model or tokenizer that holds one; what the file is decides
 * which kind it is. Throws TOKENIZER_NOT_FOUND, and TOKENIZER_LOAD_FAILED with what is broken or not supported.
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const file = await fileAt(path);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `cannot read ${file}`, { cause });
  });
  const json = parseTokenizerJson(text, file);
  const all: readonly TokenizerBackend[] = Object.values(backends);
  const backend = all.find((candidate) => candidate.recognizes(json));
  if (backend === undefined) {
    const known = Object.keys(backends).join(", ");
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `${file} holds a "${json.model.type}" model; there are ${known}`);
  }
  return backend.load({ json, text, config: await configBeside(file) });
}

async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_NOT_FOUND", `there is no tokenizer at ${path}`, { cause });
  });
  if (!found.isDirectory()) return path;
  const file = join(path, "tokenizer.json");
  await stat(file).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_NOT_FOUND", `the folder ${path} has no tokenizer.json`, { cause });
  });
  return file;
}

/** tokenizer.json does not say which special token plays which part; the file beside it does, where there is one. */
async function configBeside(file: string): Promise<TokenizerConfig> {
  const text = await readFile(join(dirname(file), "tokenizer_config.json"), "utf8").catch(() => "{}");
  try {
    return TokenizerConfig.parse(JSON.parse(text));
  } catch {
    return {}; // one that cannot be read names nothing, and the usual names are looked for
  }
}
