import { z } from "zod";
import { TokenizerError } from "./errors.js";
import { TokenizerJson } from "./tokenizer-json.js";

/** Checks what a tokenizer.json holds; `path` is for the message. Throws TOKENIZER_LOAD_FAILED. */
export function parseTokenizerJson(json: unknown, path: string): TokenizerJson {
  const parsed = TokenizerJson.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TokenizerError(
    "TOKENIZER_LOAD_FAILED",
    `${path} is not a tokenizer.json:\n${z.prettifyError(parsed.error)}`,
  );
}
