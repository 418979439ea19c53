import { modelOf } from "./bpe-definition.js";
import { bpeFile } from "./bpe-json.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";

/** A tokenizer.json with another vocabulary, its merges as they were and others after them, in the same form. */
export function extendedJson(
  json: string,
  vocab: readonly (readonly [token: string, id: number])[],
  pairs: readonly (readonly [string, string])[],
): string {
  const file = parseTokenizerJson(JSON.parse(json), "the tokenizer to extend");
  const { merges, ...model } = modelOf(file);
  const added = typeof merges[0] === "string" ? pairs.map((pair) => pair.join(" ")) : pairs;
  return bpeFile({ ...file, model: { ...model, vocab: undefined } }, vocab, [...merges, ...added]);
}
