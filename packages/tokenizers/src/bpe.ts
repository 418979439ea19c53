import { specialIds } from "./added-tokens.js";
import { native } from "./addon.js";
import type { BpeDefinition } from "./bpe-definition.js";
import { encoderSettings } from "./bpe-encoder-settings.js";
import { unspell } from "./byte-alphabet.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import { type Files, saveFiles } from "./save-files.js";
import type { Specials } from "./tokenizer.js";

const utf8 = new TextEncoder();

/** Byte-level BPE (Radford et al. 2019, §2.2): any text is a sequence of bytes, so nothing is ever out of vocabulary. */
export class BpeTokenizer extends NativeTokenizer {
  readonly kind = "bpe";
  /** Number of merges. */
  readonly merges: number;
  readonly definition: BpeDefinition;

  /** `json`: the file that `save` is to write; `beside`: what it writes with it. */
  constructor(
    definition: BpeDefinition,
    readonly json: () => string,
    specials: Specials,
    readonly beside?: Files,
  ) {
    const tokens: (string | undefined)[] = [];
    const bytes: (Uint8Array | undefined)[] = [];
    for (const [token, id] of Object.entries(definition.vocab)) {
      tokens[id] = token;
      bytes[id] = bytesOf(token);
    }
    for (const { id, content, normalized } of definition.added) {
      tokens[id] = content;
      bytes[id] = bytesOf(normalized && definition.nfc ? content.normalize("NFC") : content);
    }
    super({
      tokens,
      bytes: (id) => bytes[id] ?? new Uint8Array(),
      specials,
      ...(definition.frame ? { frame: definition.frame } : {}),
      special: specialIds(definition.added),
      encoder: new (native().Encoder)(encoderSettings(definition)),
      save: (folder) => saveFiles(folder, json(), beside),
    });
    this.merges = definition.merges.length / 3;
    this.definition = definition;
  }
}

/** As in Hugging Face's decoder: a token with a character that stands for no byte is plain text. */
const bytesOf = (token: string): Uint8Array => unspell(token) ?? utf8.encode(token);
