import { z } from "zod";
import { TokenizerError } from "./errors.js";
import { isVocabulary } from "./tokenizer-json.js";

/** A vocabulary of characters. */
export interface CharDefinition {
  /** Tokens by id. */
  readonly tokens: readonly string[];
  readonly specials: readonly string[];
  /** The id of characters that have none. */
  readonly unknown: number;
  /** Normalization before a text is cut into characters. */
  readonly normalization: "none" | "NFC";
}

/** The file. Strict: ignoring an unknown key would ignore what it requests. */
const CharJson = z.strictObject({
  kind: z.literal("char"),
  specials: z.array(z.string()),
  vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, "must map each token to a whole number below 2^24"),
  normalization: z.literal("NFC").optional(),
});

/** Checks what a file holds; `path` is for the message. Throws TOKENIZER_LOAD_FAILED. */
export function charDefinition(json: unknown, path: string): CharDefinition {
  const broken = (what: string) =>
    new TokenizerError("TOKENIZER_LOAD_FAILED", `${path} is not a tokenizer of characters: ${what}`);
  const parsed = CharJson.safeParse(json);
  if (!parsed.success) throw broken(z.prettifyError(parsed.error));
  const { specials, vocab, normalization = "none" } = parsed.data;
  const ids = new Map(Object.entries(vocab));
  const tokens: string[] = [];
  for (const [token, id] of ids) {
    if (id >= ids.size) throw broken(`"${token}" has the id ${id}, but there are only ${ids.size} tokens`);
    if (tokens[id] !== undefined) throw broken(`"${token}" and "${tokens[id]}" have the same id`);
    tokens[id] = token;
  }
  const absent = specials.find((token) => !ids.has(token));
  if (absent !== undefined) throw broken(`the special token "${absent}" is not in the vocabulary`);
  const unknown = ids.get("[UNK]");
  if (unknown === undefined) throw broken("there is no [UNK] for characters that have no token");
  return { tokens, specials, unknown, normalization };
}

/** By hand: JSON.stringify writes keys that look like numbers first, and a vocabulary is in order of ids. */
export function charJson({ tokens, specials, normalization }: CharDefinition): string {
  const vocab = tokens.map((token, id) => `    ${JSON.stringify(token)}: ${id}`);
  const form = normalization === "none" ? "" : `  "normalization": ${JSON.stringify(normalization)},\n`;
  const head = `{\n  "kind": "char",\n${form}  "specials": ${JSON.stringify(specials)},\n`;
  return `${head}  "vocab": {\n${vocab.join(",\n")}\n  }\n}\n`;
}
