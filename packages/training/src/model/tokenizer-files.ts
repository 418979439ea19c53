import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readChatTemplate } from "../conversation/chat-template.js";
import { unlessAbsent, writeJson } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";
import { z } from "zod";

/** transformers has no class for single characters; that of a SentencePiece model follows from the model beside it. */
const WITHOUT_CLASS: ReadonlySet<string> = new Set(["char", "sentencepiece"]);

/**
 * Writes a tokenizer beside a model, with the two files by which transformers knows its special tokens and limits, and a
 * chat template where it has none of its own.
 */
export async function writeTokenizerFiles(
  dir: string,
  tokenizer: Tokenizer,
  maxLength: number,
  template: string | null = null,
): Promise<void> {
  const { bos, eos, pad, unk } = tokenizer.specials;
  const named = Object.entries({ bos_token: bos, eos_token: eos, pad_token: pad, unk_token: unk });
  const specials = Object.fromEntries(
    named.flatMap(([name, id]) => (id === null ? [] : [[name, tokenizer.token(id)]])),
  );
  await tokenizer.save(dir);
  const saved = await readObject(join(dir, "tokenizer_config.json"));
  const isLacking = template !== null && (await readChatTemplate(dir)) === null;
  await writeJson(join(dir, "special_tokens_map.json"), specials);
  await writeJson(join(dir, "tokenizer_config.json"), {
    ...(WITHOUT_CLASS.has(tokenizer.kind) ? {} : { tokenizer_class: "PreTrainedTokenizerFast" }),
    clean_up_tokenization_spaces: false,
    ...saved, // what came with the tokenizer, its chat template first of all
    ...(isLacking ? { chat_template: template } : {}),
    model_max_length: maxLength,
    ...specials,
  });
}

/** Content of an earlier file; empty if there is none, or one that is no JSON object. */
async function readObject(path: string): Promise<Record<string, unknown>> {
  const text = await unlessAbsent(readFile(path, "utf8"));
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}
