import { join } from "node:path";
import { native } from "./addon.js";
import { writeAtomically } from "./atomic-write.js";
import { type CharDefinition, charJson } from "./char-json.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import { specialsOf } from "./specials.js";

const utf8 = new TextEncoder();

/**
 * One token a code point. Special tokens are never recognized in a text, whose characters they are made of; a character
 * that the vocabulary lacks is [UNK], which decoding leaves out.
 */
export class CharTokenizer extends NativeTokenizer {
  readonly kind = "char";
  readonly normalization: CharDefinition["normalization"];

  constructor(definition: CharDefinition) {
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
      bytes: tokens.map((token) => utf8.encode(token)),
      encoder: new (native().CharEncoder)({
        points: Uint32Array.from(chars, ({ point }) => point),
        ids: Uint32Array.from(chars, ({ id }) => id),
        unknown,
        nfc: normalization === "NFC",
      }),
      save: (folder) => writeAtomically(join(folder, "tokenizer.json"), charJson(definition)),
    });
    this.normalization = normalization;
  }
}
