import { join } from "node:path";
import { makeFolder, writeText } from "@trainer/disk";

/** The contents of files by their names. */
export type Files = ReadonlyMap<string, string>;

/** Companion files of a tokenizer: roles of special tokens, and the chat template. */
export const COMPANIONS = ["tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"] as const;

/** Writes files into a folder, the tokenizer's own last: where it is, the others are. */
export async function saveFiles(folder: string, file: string, beside: Files = new Map()): Promise<void> {
  await makeFolder(folder);
  for (const [name, contents] of beside) await writeText(join(folder, name), contents);
  await writeText(join(folder, "tokenizer.json"), file);
}
