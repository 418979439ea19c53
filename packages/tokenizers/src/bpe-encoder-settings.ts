import { addedSettings, specialIds } from "./added-tokens.js";
import { byteStrings, type EncoderSettings } from "./addon.js";
import { type BpeDefinition, mergesWithout } from "./bpe-definition.js";
import { alphabet, unspell } from "./byte-alphabet.js";
import { patterns } from "./patterns.js";

/** Id of a byte that has no token. */
export const NO_TOKEN = 0xffff_ffff;

/** A definition as the encoder reads it. */
export function encoderSettings(definition: BpeDefinition): EncoderSettings {
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
