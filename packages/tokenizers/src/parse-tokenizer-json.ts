import { z } from "zod";
import { TokenizerError } from "./errors.js";
import { TokenizerJson } from "./tokenizer-json.js";

/** Parses the text of a tokenizer.json; `path` is for the message. Throws TOKENIZER_LOAD_FAILED. */
export function parseTokenizerJson(text: string, path: string): TokenizerJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", `${path} is not JSON`, { cause });
  }
  const parsed = TokenizerJson.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TokenizerError(
    "TOKENIZER_LOAD_FAILED",
    `${path} is not a tokenizer.json:\n${z.prettifyError(parsed.error)}`,
  );
}
