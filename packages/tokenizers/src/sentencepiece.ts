import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { writeAtomically } from "./atomic-write.js";
import { checkDocuments, invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { type NativeProcessor, PIECE, sentencePiece } from "./sentencepiece-addon.js";
import type { BatchOptions, Documents, EncodedBatch, EncodedText, Specials, Tokenizer } from "./tokenizer.js";

const utf8 = new TextEncoder();
/** What the library writes for a space, so that pieces can hold one. */
const SPACE = "\u2581";

/**
 * A model of Google's SentencePiece (Kudo & Richardson 2018), run by the library itself. Control pieces are not read from
 * a text, user-defined ones are; a text begins with a space unless its model says otherwise, and decoding drops it.
 */
export class SentencePieceTokenizer implements Tokenizer {
  readonly kind = "sentencepiece";
  readonly vocabSize: number;
  readonly specials: Specials;
  readonly #model: Uint8Array;
  readonly #processor: NativeProcessor;
  readonly #pieces: readonly string[];
  readonly #kinds: Uint8Array;
  readonly #unknownSurface: string;

  /** `model`: the bytes of a `tokenizer.model`; `name`: what messages call it. Throws TOKENIZER_LOAD_FAILED. */
  constructor(model: Uint8Array, name = "the model") {
    const { Processor } = sentencePiece();
    this.#model = model;
    try {
      this.#processor = new Processor(model);
    } catch (cause) {
      const what = `${name} is not a SentencePiece model: ${String(cause).replace(/^Error: /, "")}`;
      throw new TokenizerError("TOKENIZER_LOAD_FAILED", what, { cause });
    }
    const { bytes, ends, kinds, unknownSurface } = this.#processor.pieces();
    const spelled = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#pieces = Array.from(ends, (end, id) => spelled.toString("utf8", ends[id - 1] ?? 0, end));
    this.#kinds = kinds;
    this.#unknownSurface = unknownSurface;
    this.vocabSize = ends.length;
    this.specials = this.#processor.specials();
  }

  encode(text: string): Int32Array {
    if (typeof text !== "string") throw invalid(`encode takes a string, not ${typeof text}`);
    return this.#processor.encode(utf8.encode(text));
  }

  encodeBytes(bytes: Uint8Array): Int32Array {
    if (!(bytes instanceof Uint8Array)) throw invalid(`encodeBytes takes a Uint8Array, not ${typeof bytes}`);
    return this.#processor.encode(bytes);
  }

  /** The parts of the text that the library says, but that a piece of one byte covers its whole character. */
  encodeWithOffsets(text: string): EncodedText {
    if (typeof text !== "string") throw invalid(`encodeWithOffsets takes a string, not ${typeof text}`);
    return this.#processor.encodeWithOffsets(utf8.encode(text));
  }

  /** A document is a text of its own, however long: it is not cut for the threads. */
  async encodeBatch(documents: Documents, options: BatchOptions): Promise<EncodedBatch> {
    checkDocuments(documents);
    const { dtype, eos, threads = availableParallelism() } = options;
    if (dtype !== "uint16" && dtype !== "uint32")
      throw invalid(`dtype must be uint16 or uint32, not ${inspect(dtype)}`);
    if (dtype === "uint16" && this.vocabSize > 65_536)
      throw invalid(`a vocabulary of ${this.vocabSize} does not fit uint16; use uint32`);
    if (eos !== null) this.#check(eos);
    if (!Number.isInteger(threads) || threads < 1) throw invalid(`threads must be 1 or more, not ${inspect(threads)}`);
    return this.#processor.encodeBatch(documents.bytes, documents.ends, dtype === "uint32", eos, threads);
  }

  /** As the library decodes: control pieces stand for no text, so whether they are skipped makes no difference. */
  decode(ids: Iterable<number>): string {
    const checked = Int32Array.from(ids, (id) => this.#check(id));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#processor.decode(checked));
  }

  tokenBytes(id: number): Uint8Array {
    const piece = this.token(id);
    const kind = this.#kinds[id];
    if (kind === PIECE.control) return new Uint8Array();
    if (kind === PIECE.byte) return Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16)); // <0x0A>
    return utf8.encode(kind === PIECE.unknown ? this.#unknownSurface : piece.replaceAll(SPACE, " "));
  }

  token(id: number): string {
    return String(this.#pieces[this.#check(id)]);
  }

  /** Control pieces alone: the unknown one stands for a text, which decoding shows. */
  isSpecial(id: number): boolean {
    return this.#kinds[id] === PIECE.control;
  }

  /** Writes `tokenizer.model` and, for people to read, `tokenizer.vocab`. */
  async save(folder: string): Promise<void> {
    await writeAtomically(join(folder, "tokenizer.vocab"), this.#processor.vocabulary());
    await writeAtomically(join(folder, "tokenizer.model"), this.#model);
  }

  #check(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.vocabSize) return id;
    throw invalid(`there is no token ${inspect(id)}; ids go from 0 to ${this.vocabSize - 1}`);
  }
}

/**
 * Opens a `tokenizer.model`, whatever its name. Throws TOKENIZER_NOT_FOUND, TOKENIZER_LOAD_FAILED, and
 * UNSUPPORTED_BACKEND where the library is not built.
 */
export async function loadSentencePiece(path: string): Promise<SentencePieceTokenizer> {
  const model = await readFile(path).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_NOT_FOUND", `there is no tokenizer at ${path}`, { cause });
  });
  return new SentencePieceTokenizer(model, path);
}
