import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { at, makeFolder, writeText } from "@trainer/disk";
import { TokenizerError } from "./errors.js";
import { frameOfConfig } from "./frame.js";
import { NativeTokenizer } from "./native-tokenizer.js";
import type { Files } from "./save-files.js";
import { type NativeProcessor, PIECE, sentencePiece } from "./sentencepiece-addon.js";
import type { TokenizerConfig } from "./specials.js";

/** What a model came with: its companion files, which define begin and end tokens, and its folder. */
export interface Surroundings {
  readonly config?: TokenizerConfig;
  readonly beside?: Files;
  readonly folder?: string;
}

const utf8 = new TextEncoder();
/** The library's mark of a space, so that pieces can hold one. */
const SPACE = "\u2581";

/**
 * A model of Google's SentencePiece (Kudo & Richardson 2018), run by the library itself. User-defined pieces are always
 * matched in a text, control pieces where special tokens are allowed: text between these is encoded separately. A text
 * begins with a space unless its model says otherwise, and decoding drops it. A document is not cut for threads.
 */
export class SentencePieceTokenizer extends NativeTokenizer {
  readonly kind = "sentencepiece";
  /** The bytes of its `tokenizer.model`. */
  readonly model: Uint8Array;
  readonly #processor: NativeProcessor;

  /**
   * `model`: the bytes of a `tokenizer.model`; `name`: its name in messages; `given`: what it came with. Throws
   * TOKENIZER_LOAD_FAILED.
   */
  constructor(
    model: Uint8Array,
    name = "the model",
    readonly given: Surroundings = {},
  ) {
    const { config = {}, beside = new Map<string, string>() } = given;
    const processor = opened(model, name);
    const { bytes, ends, kinds, unknownSurface } = processor.pieces();
    const spelled = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pieces = Array.from(ends, (end, id) => spelled.toString("utf8", ends[id - 1] ?? 0, end));
    super({
      encoder: processor,
      tokens: pieces,
      // Control pieces alone: the unknown one stands for text, which decoding shows.
      special: new Set(pieces.flatMap((_, id) => (kinds[id] === PIECE.control ? [id] : []))),
      specials: processor.specials(),
      frame: frameOfConfig(config, processor.specials()),
      bytes: (id) => {
        const piece = at(pieces, id);
        if (kinds[id] === PIECE.control) return new Uint8Array();
        if (kinds[id] === PIECE.byte) return Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16)); // <0x0A>
        return utf8.encode(kinds[id] === PIECE.unknown ? unknownSurface : piece.replaceAll(SPACE, " "));
      },
      // `tokenizer.vocab` is for people to read.
      save: async (folder) => {
        await makeFolder(folder);
        for (const [name, contents] of beside) await writeText(join(folder, name), contents);
        await writeText(join(folder, "tokenizer.vocab"), processor.vocabulary());
        await writeText(join(folder, "tokenizer.model"), model);
      },
    });
    this.model = model;
    this.#processor = processor;
  }

  /** As the library decodes: control pieces stand for no text, so skipping them makes no difference. */
  override decode(ids: Iterable<number>): string {
    const checked = Int32Array.from(ids, (id) => this.check(id));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#processor.decode(checked));
  }
}

function opened(model: Uint8Array, name: string): NativeProcessor {
  const { Processor } = sentencePiece();
  try {
    return new Processor(model);
  } catch (cause) {
    const what = `${name} is not a SentencePiece model: ${String(cause).replace(/^Error: /, "")}`;
    throw new TokenizerError("TOKENIZER_LOAD_FAILED", what, { cause });
  }
}

/**
 * Opens a `tokenizer.model` of any name. Throws TOKENIZER_NOT_FOUND, TOKENIZER_LOAD_FAILED, and UNSUPPORTED_BACKEND
 * where the library is not built.
 */
export async function loadSentencePiece(path: string): Promise<SentencePieceTokenizer> {
  const model = await readFile(path).catch((cause: unknown) => {
    throw new TokenizerError("TOKENIZER_NOT_FOUND", `there is no tokenizer at ${path}`, { cause });
  });
  return new SentencePieceTokenizer(model, path);
}
