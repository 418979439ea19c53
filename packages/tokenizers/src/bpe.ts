import { availableParallelism } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { byteStrings, type EncoderSettings, native, type NativeEncoder } from "./addon.js";
import { writeAtomically } from "./atomic-write.js";
import type { BpeDefinition } from "./bpe-definition.js";
import { alphabet, unspell } from "./byte-alphabet.js";
import { checkDocuments, invalid } from "./check-input.js";
import { patterns } from "./patterns.js";
import type { BatchOptions, Documents, EncodedBatch, EncodedText, Specials, Tokenizer } from "./tokenizer.js";

const NO_TOKEN = 0xffff_ffff;
const utf8 = new TextEncoder();

/** Byte-level BPE (Radford et al. 2019, §2.2): any text is a sequence of bytes, so nothing is ever out of vocabulary. */
export class BpeTokenizer implements Tokenizer {
  readonly kind = "bpe";
  readonly vocabSize: number;
  readonly specials: Specials;
  /** How many merges it knows. */
  readonly merges: number;
  readonly #json: () => string;
  readonly #tokens: readonly (string | undefined)[];
  readonly #bytes: readonly (Uint8Array | undefined)[];
  readonly #special: ReadonlySet<number>;
  readonly #encoder: NativeEncoder;

  /** `json`: the file that `save` is to write. */
  constructor(definition: BpeDefinition, json: () => string, specials: Specials) {
    this.#json = json;
    this.specials = specials;
    this.merges = definition.merges.length / 3;
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
    this.#tokens = tokens;
    this.#bytes = bytes;
    this.vocabSize = tokens.length;
    this.#special = new Set(definition.added.filter(({ special }) => special).map(({ id }) => id));
    this.#encoder = new (native().Encoder)(encoderSettings(definition));
  }

  encode(text: string): Int32Array {
    if (typeof text !== "string") throw invalid(`encode takes a string, not ${typeof text}`);
    return this.#encoder.encode(utf8.encode(text));
  }

  encodeWithOffsets(text: string): EncodedText {
    if (typeof text !== "string") throw invalid(`encodeWithOffsets takes a string, not ${typeof text}`);
    return this.#encoder.encodeWithOffsets(utf8.encode(text));
  }

  encodeBytes(bytes: Uint8Array): Int32Array {
    if (!(bytes instanceof Uint8Array)) throw invalid(`encodeBytes takes a Uint8Array, not ${typeof bytes}`);
    return this.#encoder.encode(bytes);
  }

  async encodeBatch(documents: Documents, options: BatchOptions): Promise<EncodedBatch> {
    checkDocuments(documents);
    const { dtype, eos, threads = availableParallelism() } = options;
    if (dtype !== "uint16" && dtype !== "uint32")
      throw invalid(`dtype must be uint16 or uint32, not ${inspect(dtype)}`);
    if (dtype === "uint16" && this.vocabSize > 65_536) {
      throw invalid(`a vocabulary of ${this.vocabSize} does not fit uint16; use uint32`);
    }
    if (eos !== null) this.#check(eos);
    if (!Number.isInteger(threads) || threads < 1) throw invalid(`threads must be 1 or more, not ${inspect(threads)}`);
    return this.#encoder.encodeBatch(documents.bytes, documents.ends, dtype === "uint32", eos, threads);
  }

  decode(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    const skipSpecial = options.skipSpecial ?? true;
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const bytes = this.tokenBytes(id);
      if (!(skipSpecial && this.#special.has(id))) parts.push(bytes);
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(parts));
  }

  tokenBytes(id: number): Uint8Array {
    return this.#bytes[this.#check(id)] ?? new Uint8Array();
  }

  token(id: number): string {
    return this.#tokens[this.#check(id)] ?? "";
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  async save(folder: string): Promise<void> {
    await writeAtomically(join(folder, "tokenizer.json"), this.#json());
  }

  #check(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.vocabSize) return id;
    throw invalid(`there is no token ${inspect(id)}; ids go from 0 to ${this.vocabSize - 1}`);
  }
}

/** As Hugging Face's decoder: a token with a character that stands for no byte is plain text. */
const bytesOf = (token: string): Uint8Array => unspell(token) ?? utf8.encode(token);

function encoderSettings(definition: BpeDefinition): EncoderSettings {
  const { vocab, added, nfc, ignoreMerges, fuseUnknown, unknown, merges } = definition;
  const byteIds = new Uint32Array(256).fill(NO_TOKEN);
  for (const { byte, char } of alphabet) byteIds[byte] = vocab[char] ?? NO_TOKEN;
  const words = ignoreMerges ? Object.entries(vocab).flatMap(([token, id]) => ({ id, bytes: unspell(token) })) : [];
  const spelled = words.flatMap(({ id, bytes }) => (bytes === null ? [] : [{ id, bytes }]));
  const raw = added.filter(({ normalized }) => !normalized);
  const normalized = added.filter((token) => token.normalized);
  const contents = (tokens: typeof added, form: (text: string) => string) =>
    byteStrings(tokens.map(({ content }) => utf8.encode(form(content))));
  return {
    pattern: patterns[definition.pattern].lexer,
    nfc,
    ignoreMerges,
    fuseUnknown,
    unknown,
    byteIds,
    merges,
    words: byteStrings(spelled.map(({ bytes }) => bytes)),
    wordIds: Uint32Array.from(spelled, ({ id }) => id),
    raw: contents(raw, (text) => text),
    rawIds: Uint32Array.from(raw, ({ id }) => id),
    normalized: contents(normalized, (text) => (nfc ? text.normalize("NFC") : text)),
    normalizedIds: Uint32Array.from(normalized, ({ id }) => id),
  };
}
