import { z } from "zod";
import type { TrainableBackend } from "./backend.js";
import { bpeDefinition } from "./bpe-definition.js";
import { withRoles } from "./added-tokens.js";
import { BpeTokenizer } from "./bpe.js";
import { frameOfConfig } from "./frame.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { specialsOf } from "./specials.js";
import { trainBpe } from "./train-bpe.js";

const Steps = z.looseObject({ pre_tokenizer: z.unknown().optional(), decoder: z.unknown().optional() });

/** Does a step that it is cut or decoded by say so? */
function isByteLevel(json: unknown): boolean {
  const { pre_tokenizer, decoder } = Steps.parse(json);
  return JSON.stringify([pre_tokenizer, decoder]).includes('"ByteLevel"');
}

export const bpe: TrainableBackend = {
  recognizes: ({ type, json }) => type === "BPE" && isByteLevel(json),
  load({ json, bytes, path, config, beside }) {
    const definition = bpeDefinition(parseTokenizerJson(json, path));
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(definition.vocab)) tokens[id] = token;
    for (const { content, id } of definition.added) tokens[id] = content;
    const specials = specialsOf(tokens, config);
    const added = withRoles(definition.added, specials, tokens);
    const frame = definition.frame ?? frameOfConfig(config, specials);
    return new BpeTokenizer({ ...definition, added, frame }, () => Buffer.from(bytes).toString(), specials, beside);
  },
  train: trainBpe,
};
