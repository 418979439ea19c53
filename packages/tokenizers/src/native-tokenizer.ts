import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import type { NativeEncoder } from "./addon.js";
import { checkDocuments, invalid } from "./check-input.js";
import { encodingError } from "./encoding-error.js";
import { NO_FRAME } from "./frame.js";
import { corrupt } from "./pipeline-json.js";
import type {
  BatchOptions,
  Documents,
  EncodedBatch,
  EncodedText,
  EncodeOptions,
  Frame,
  Specials,
  Tokenizer,
} from "./tokenizer.js";

/** An error where memory does not suffice; TextEncoder would end the process. */
const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** Vocabulary of a tokenizer with a native encoder. */
export interface Vocabulary {
  readonly encoder: NativeEncoder;
  /** Spelling of each token in the file; unused ids between them may be left out. */
  readonly tokens: readonly (string | undefined)[];
  /** The bytes of a token in the middle of a text. */
  readonly bytes: (id: number) => Uint8Array;
  readonly special: ReadonlySet<number>;
  readonly specials: Specials;
  /** Absent: nothing. */
  readonly frame?: Frame;
  /** Writes what it is loaded from into a folder. */
  readonly save: (folder: string) => Promise<void>;
}

/** A tokenizer over a native encoder: arguments are checked here, so that nothing wrong reaches the encoder. */
export abstract class NativeTokenizer implements Tokenizer {
  abstract readonly kind: string;
  readonly vocabSize: number;
  readonly specials: Specials;
  readonly frame: Frame;
  readonly #vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.vocabSize = vocabulary.tokens.length;
    this.specials = vocabulary.specials;
    this.frame = vocabulary.frame ?? NO_FRAME;
    const foreign = [...this.frame.before, ...this.frame.after].find((id) => id >= this.vocabSize);
    if (foreign !== undefined) throw corrupt(`its post_processor adds the token ${foreign}, which is not there`);
  }

  encode(text: string, { specialTokens = false }: EncodeOptions = {}): Int32Array {
    if (typeof text !== "string") throw invalid(`encode takes a string, not ${typeof text}`);
    return this.#encoded((encoder) => encoder.encode(utf8(text), specialTokens));
  }

  encodeWithOffsets(text: string, { specialTokens = false }: EncodeOptions = {}): EncodedText {
    if (typeof text !== "string") throw invalid(`encodeWithOffsets takes a string, not ${typeof text}`);
    return this.#encoded((encoder) => encoder.encodeWithOffsets(utf8(text), specialTokens));
  }

  encodeBytes(bytes: Uint8Array, { specialTokens = false }: EncodeOptions = {}): Int32Array {
    if (!(bytes instanceof Uint8Array)) throw invalid(`encodeBytes takes a Uint8Array, not ${typeof bytes}`);
    return this.#encoded((encoder) => encoder.encode(bytes, specialTokens));
  }

  async encodeBatch(documents: Documents, options: BatchOptions): Promise<EncodedBatch> {
    checkDocuments(documents);
    const { dtype, eos, threads = availableParallelism(), specialTokens = false } = options;
    if (dtype !== "uint16" && dtype !== "uint32")
      throw invalid(`dtype must be uint16 or uint32, not ${inspect(dtype)}`);
    if (dtype === "uint16" && this.vocabSize > 65_536) {
      throw invalid(`a vocabulary of ${this.vocabSize} does not fit uint16; use uint32`);
    }
    if (eos !== null) this.check(eos);
    if (!Number.isInteger(threads) || threads < 1) throw invalid(`threads must be 1 or more, not ${inspect(threads)}`);
    const { encoder } = this.#vocabulary;
    const { bytes, ends } = documents;
    return await encoder
      .encodeBatch(bytes, ends, dtype === "uint32", eos, threads, specialTokens)
      .catch((error: unknown) => {
        throw encodingError(error);
      });
  }

  decode(ids: Iterable<number>, { skipSpecial = true }: { readonly skipSpecial?: boolean } = {}): string {
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const bytes = this.tokenBytes(id);
      if (!(skipSpecial && this.isSpecial(id))) parts.push(bytes);
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(parts));
  }

  tokenBytes(id: number): Uint8Array {
    return this.#vocabulary.bytes(this.check(id));
  }

  token(id: number): string {
    return this.#vocabulary.tokens[this.check(id)] ?? "";
  }

  isSpecial(id: number): boolean {
    return this.#vocabulary.special.has(id);
  }

  async save(folder: string): Promise<void> {
    await this.#vocabulary.save(folder);
  }

  #encoded<T>(encode: (encoder: NativeEncoder) => T): T {
    try {
      return encode(this.#vocabulary.encoder);
    } catch (error) {
      throw encodingError(error);
    }
  }

  /** The id, if there is such a token. */
  protected check(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.vocabSize) return id;
    throw invalid(`there is no token ${inspect(id)}; ids go from 0 to ${this.vocabSize - 1}`);
  }
}
