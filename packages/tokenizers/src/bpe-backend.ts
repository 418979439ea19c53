import type { TrainableBackend } from "./backend.js";
import { bpeDefinition } from "./bpe-definition.js";
import { BpeTokenizer } from "./bpe.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { specialsOf } from "./specials.js";
import { trainBpe } from "./train-bpe.js";

export const bpe: TrainableBackend = {
  recognizes: ({ type }) => type === "BPE",
  load({ json, bytes, path, config }) {
    const definition = bpeDefinition(parseTokenizerJson(json, path));
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(definition.vocab)) tokens[id] = token;
    for (const { content, id } of definition.added) tokens[id] = content;
    return new BpeTokenizer(definition, () => Buffer.from(bytes).toString(), specialsOf(tokens, config));
  },
  train: trainBpe,
};
