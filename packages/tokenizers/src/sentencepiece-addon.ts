import { existsSync } from "node:fs";
import type { ByteStrings, NativeEncoder } from "./addon.js";
import { TokenizerError } from "./errors.js";
import { addonPath, loadAddonAs } from "./load-addon.js";
import type { Specials } from "./tokenizer.js";

/** Kinds of pieces, as in native/sentencepiece. */
export const PIECE = { text: 0, unknown: 1, control: 2, byte: 3 } as const;

export interface NativeProcessor extends NativeEncoder {
  pieces(): ByteStrings & { kinds: Uint8Array; unknownSurface: string };
  specials(): Specials;
  /** The file beside a model: a piece a line. */
  vocabulary(): Uint8Array;
  decode(ids: Int32Array): Uint8Array;
}

/** Lines that are not learned from: for their length, and for a character that the library has for itself. */
interface NativeSkipped {
  readonly tooLong: number;
  readonly tooLongBytes: number;
  readonly reserved: number;
  readonly reservedBytes: number;
}

export interface NativeSentencePieceTrainer {
  /** The bytes of the model. `files`: null when texts are pushed. Rejects with a `code` where the library did not. */
  train(
    options: Readonly<Record<string, string>>,
    files: readonly string[] | null,
    maxSentenceLength: number,
  ): Promise<Uint8Array>;
  /** Resolves when there is room for more, or when no more is wanted. */
  push(bytes: Uint8Array, ends: Uint32Array | Float64Array): Promise<void>;
  end(): void;
  progress(): { learns: boolean; bytes: number; sentences: number; pieces: number } & NativeSkipped;
  cancel(): void;
}

export interface SentencePieceAddon {
  Processor: new (model: Uint8Array) => NativeProcessor;
  Trainer: new () => NativeSentencePieceTrainer;
}

const isAddon = (value: unknown): value is SentencePieceAddon =>
  typeof value === "object" && value !== null && "Processor" in value && "Trainer" in value;

/** Loads the addon from a path. Throws UNSUPPORTED_BACKEND where it was not built, TOKENIZER_LOAD_FAILED where it is broken. */
export function loadSentencePieceAddon(path: string): SentencePieceAddon {
  if (!existsSync(path)) {
    throw new TokenizerError(
      "UNSUPPORTED_BACKEND",
      "the SentencePiece backend is not built: its source could not be fetched when the project was set up; " +
        'run "npm run build:native" where pip reaches its package index',
    );
  }
  return loadAddonAs(path, isAddon);
}

let addon: SentencePieceAddon | undefined;

/** Google's library, loaded when it is first needed. */
export const sentencePiece = (): SentencePieceAddon => (addon ??= loadSentencePieceAddon(addonPath("sentencepiece")));
