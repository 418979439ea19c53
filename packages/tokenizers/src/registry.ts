import { bpeDefinition } from "./bpe-definition.js";
import { BpeTokenizer } from "./bpe.js";
import { specialsOf, type TokenizerConfig } from "./specials.js";
import type { TokenizerJson } from "./tokenizer-json.js";
import type { Tokenizer } from "./tokenizer.js";

export interface LoadedFile {
  readonly json: TokenizerJson;
  /** The file as it was read: saving writes it back unchanged. */
  readonly text: string;
  readonly config: TokenizerConfig;
}

/** A kind of tokenizer: which files are its own, and how one is read. */
export interface TokenizerBackend {
  recognizes(json: TokenizerJson): boolean;
  load(file: LoadedFile): Tokenizer;
}

const bpe: TokenizerBackend = {
  recognizes: (json) => json.model.type === "BPE",
  load({ json, text, config }) {
    const definition = bpeDefinition(json);
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(definition.vocab)) tokens[id] = token;
    for (const { content, id } of definition.added) tokens[id] = content;
    return new BpeTokenizer(definition, () => text, specialsOf(tokens, config));
  },
};

/** One line a kind. */
export const backends = { bpe } satisfies Record<string, TokenizerBackend>;
export type TokenizerKind = keyof typeof backends;
