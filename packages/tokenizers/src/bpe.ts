import { addedSettings, specialIds } from "./added-tokens.js";
import { byteStrings, type EncoderSettings, native } from "./addon.js";
import { type BpeDefinition, mergesWithout } from "./bpe-definition.js";
import { alphabet, unspell } from "./byte-alphabet.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import { patterns } from "./patterns.js";
import { type Files, saveFiles } from "./save-files.js";
import type { Specials } from "./tokenizer.js";

const NO_TOKEN = 0xffff_ffff;
const utf8 = new TextEncoder();

/** Byte-level BPE (Radford et al. 2019, §2.2): any text is a sequence of bytes, so nothing is ever out of vocabulary. */
export class BpeTokenizer extends NativeTokenizer {
  readonly kind = "bpe";
  /** Number of merges. */
  readonly merges: number;
  readonly definition: BpeDefinition;

  /** `json`: the file that `save` is to write; `beside`: what it writes with it. */
  constructor(definition: BpeDefinition, json: () => string, specials: Specials, beside?: Files) {
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

function encoderSettings(definition: BpeDefinition): EncoderSettings {
  const { vocab, added, nfc, ignoreMerges, fuseUnknown, unknown } = definition;
  // Text becomes a special token only where it spells one and that is allowed; a byte is its token, whatever that is.
  const special = specialIds(added);
  const byteIds = new Uint32Array(256).fill(NO_TOKEN);
  for (const { byte, char } of alphabet) byteIds[byte] = vocab[char] ?? NO_TOKEN;
  const words = ignoreMerges ? Object.entries(vocab).flatMap(([token, id]) => ({ id, bytes: unspell(token) })) : [];
  const spelled = words.flatMap(({ id, bytes }) =>
    bytes === null || (special.has(id) && bytes.length > 1) ? [] : [{ id, bytes }],
  );
  const raw = added.filter(({ normalized }) => !normalized);
  const normalized = added.filter((token) => token.normalized);
  return {
    pattern: patterns[definition.pattern].lexer,
    nfc,
    ignoreMerges,
    fuseUnknown,
    unknown,
    byteIds,
    merges: mergesWithout(special, definition.merges),
    words: byteStrings(spelled.map(({ bytes }) => bytes)),
    wordIds: Uint32Array.from(spelled, ({ id }) => id),
    raw: addedSettings(raw),
    normalized: addedSettings(normalized, (text) => (nfc ? text.normalize("NFC") : text)),
  };
}
