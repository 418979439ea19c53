import { addedSettings, specialToken } from "./added-tokens.js";
import { native } from "./addon.js";
import { type CharDefinition, charJson } from "./char-json.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import { type Files, saveFiles } from "./save-files.js";
import { specialsOf } from "./specials.js";

const utf8 = new TextEncoder();

/**
 * One token a code point. A character that the vocabulary lacks is [UNK], which decoding leaves out.
 */
export class CharTokenizer extends NativeTokenizer {
  readonly kind = "char";
  readonly normalization: CharDefinition["normalization"];

  constructor(definition: CharDefinition, beside?: Files) {
    const { tokens, specials, unknown, normalization } = definition;
    const special = new Set(specials.map((token) => tokens.indexOf(token)));
    const chars = tokens.flatMap((token, id) => {
      const [point, more] = Array.from(token, (char) => char.codePointAt(0));
      return point === undefined || more !== undefined ? [] : [{ id, point }];
    });
    super({
      tokens,
      special,
      specials: specialsOf(tokens),
      bytes: (id) => utf8.encode(tokens[id]),
      encoder: new (native().CharEncoder)({
        points: Uint32Array.from(chars, ({ point }) => point),
        ids: Uint32Array.from(chars, ({ id }) => id),
        unknown,
        added: addedSettings(specials.map((token) => specialToken(token, tokens.indexOf(token)))),
        nfc: normalization === "NFC",
      }),
      save: (folder) => saveFiles(folder, charJson(definition), beside),
    });
    this.normalization = normalization;
  }
}
