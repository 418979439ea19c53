import { rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { isFile, isFolder, isId, writeJson, writeText } from "@trainer/disk";
import { openGguf, readGgufModel } from "@trainer/models";
import { filesOfGguf } from "@trainer/tokenizers";
import { TrainingError } from "../../errors.js";
import type { Home } from "../../home/home.js";
import { usersFolder } from "../../home/users-folder.js";
import { readTokenizerKeys } from "./tokenizer-keys.js";

/** A GGUF file as a folder in Hugging Face's layout, but for its weights, which stay where they are. */
export interface UnpackedGguf extends Disposable {
  readonly id: null;
  /** A temporary folder: config.json, generation_config.json and the tokenizer's files. */
  readonly dir: string;
  /** The file itself. */
  readonly weights: string;
}

/** Does a model's name mean a GGUF file? For a service names are ids alone; a run of this name comes first. */
export async function isGguf(ref: string, home: Home): Promise<boolean> {
  if (home.texts !== null || !ref.endsWith(".gguf") || !(await isFile(ref))) return false;
  return !(isId(ref) && (await isFolder(join(home.models, ref))));
}

/**
 * Opens a GGUF file. Throws MODEL_LOAD_FAILED for what is damaged, UNSUPPORTED_BACKEND for architectures and types of
 * numbers that there are not here, TOKENIZER_NOT_FOUND and TOKENIZER_LOAD_FAILED.
 */
export async function unpackGguf(ref: string): Promise<UnpackedGguf> {
  const weights = resolve(ref);
  const file = openGguf(weights);
  const { config } = readGgufModel(file);
  const { tokenizer, ends, chatTemplate } = readTokenizerKeys(file);
  const { bos, eos, pad } = tokenizer;
  const ids = { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad };
  const allEnds = [...new Set([...(eos === null ? [] : [eos]), ...ends])];
  const template = chatTemplate === null ? {} : { chat_template: chatTemplate };
  const dir = await usersFolder("trainer-gguf");
  try {
    const files = filesOfGguf(tokenizer, template);
    await writeJson(join(dir, "config.json"), { ...config, ...ids, dtype: "float32" });
    await writeJson(join(dir, "generation_config.json"), { ...ids, eos_token_id: allEnds });
    for (const [name, contents] of files) await writeText(join(dir, name), contents);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw ofGguf(error, { dir, weights });
  }
  return { id: null, dir, weights, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** An error about a part of a GGUF file names the file, in place of where the part was laid. */
export function ofGguf(error: unknown, { dir, weights }: Pick<UnpackedGguf, "dir" | "weights">): TrainingError {
  const known = TrainingError.from(error);
  const message = known.message.replaceAll(`${dir}/`, `${weights}: `).replaceAll(dir, weights);
  const whole = message.includes(weights) ? message : `${weights}: ${message}`;
  return new TrainingError(known.code, whole, { cause: error, failureClass: known.failureClass });
}
