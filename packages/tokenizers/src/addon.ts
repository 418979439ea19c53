import { addonPath, loadAddonAs } from "./load-addon.js";

/** Byte strings one after another. */
export interface ByteStrings {
  bytes: Uint8Array;
  ends: Uint32Array;
}

export interface NativeTrainer {
  countFiles(paths: readonly string[], byLine: boolean): Promise<void>;
  countDocuments(bytes: Uint8Array, ends: Uint32Array | Float64Array): Promise<void>;
  /** The tokens of texts of so many bytes, counted by text; `sides` of each token as native/token-words.h has them. */
  countTokens(ids: Uint32Array, counts: Uint32Array, sides: Uint32Array, bytes: number): Promise<void>;
  /** Triples of left, right and resulting token. */
  merge(settings: {
    vocabSize: number;
    minFrequency: number;
    tokens: ByteStrings;
    spelled: Uint32Array;
    byteIds: Uint32Array;
    /** The encoder that cuts words first, into these tokens; null: they are cut into bytes. */
    base: EncoderSettings | null;
    /** True where tokens were counted. */
    ofTokens: boolean;
    /** Characters of the longest new token; null: of any length. */
    mostChars: number | null;
    /** Mark of a space; a new token has two in a row only where it has nothing else. Null: there is none. */
    mark: string | null;
  }): Promise<Uint32Array>;
  progress(): { bytes: number; merges: number };
  cancel(): void;
}

export interface EncoderSettings {
  pattern: number;
  nfc: boolean;
  ignoreMerges: boolean;
  fuseUnknown: boolean;
  unknown: number | null;
  byteIds: Uint32Array;
  merges: Uint32Array;
  words: ByteStrings;
  wordIds: Uint32Array;
  raw: AddedSettings;
  normalized: AddedSettings;
}

export interface NativeCharSet {
  countFiles(paths: readonly string[]): Promise<void>;
  countDocuments(bytes: Uint8Array, ends: Uint32Array | Float64Array): Promise<void>;
  /** The code points met, in ascending order. */
  points(): Uint32Array;
  /** Bytes read. */
  progress(): number;
  cancel(): void;
}

export interface CharEncoderSettings {
  points: Uint32Array;
  ids: Uint32Array;
  unknown: number;
  added: AddedSettings;
  nfc: boolean;
}

/** Their names are those of tokenizer.json but for Spaces (two and more become `content`) and CharsMap (Precompiled). */
export interface NormalizerStep {
  type:
    | "NFC"
    | "NFD"
    | "NFKC"
    | "NFKD"
    | "Lowercase"
    | "StripAccents"
    | "Prepend"
    | "Replace"
    | "Spaces"
    | "Strip"
    | "CharsMap";
  pattern?: string;
  content?: string;
  left?: boolean;
  right?: boolean;
  charsMap?: Uint8Array;
}

/** Documented in native/piece-splitter.h. */
export interface SplitterSettings {
  atWhiteSpace: boolean;
  spacesToMark: boolean;
  prefix: number;
  words: number;
  mark: string;
}

export type PieceModelSettings =
  | { pieces: ByteStrings; scores: Float64Array; unknown: number; byteIds: Uint32Array }
  | {
      points: Uint32Array;
      ids: Uint32Array;
      byteIds: Uint32Array;
      unknown: number | null;
      fuseUnknown: boolean;
      merges: Uint32Array;
      words: ByteStrings;
      wordIds: Uint32Array;
    };

/** flags: 1 takes the white space before it, 2 that after it, 4 is not inside a word, 8 is special. */
export interface AddedSettings {
  contents: ByteStrings;
  ids: Uint32Array;
  flags: Uint32Array;
}

export interface PieceEncoderSettings {
  model: PieceModelSettings;
  normalizer: readonly NormalizerStep[];
  splitter: SplitterSettings;
  raw: AddedSettings;
  normalized: AddedSettings;
}

export interface NativeEncoder {
  encode(utf8: Uint8Array, specialTokens: boolean): Int32Array;
  /** For well-formed text; offsets in UTF-16 units, two a token. */
  encodeWithOffsets(utf8: Uint8Array, specialTokens: boolean): { ids: Int32Array; offsets: Uint32Array };
  encodeBatch(
    bytes: Uint8Array,
    ends: Uint32Array | Float64Array,
    wide: boolean,
    eos: number | null,
    threads: number,
    specialTokens: boolean,
  ): Promise<{ ids: Uint16Array | Uint32Array; counts: Uint32Array; specialTokens: number }>;
}

export interface Addon {
  /** The text after these steps, UTF-8 in and out. */
  normalize: (steps: readonly NormalizerStep[], utf8: Uint8Array) => Uint8Array;
  /** `pattern`: that of an encoder. */
  Trainer: new (threads: number, pattern: number, nfc: boolean) => NativeTrainer;
  CharSet: new (threads: number, nfc: boolean) => NativeCharSet;
  Encoder: new (settings: EncoderSettings) => NativeEncoder;
  CharEncoder: new (settings: CharEncoderSettings) => NativeEncoder;
  PieceEncoder: new (settings: PieceEncoderSettings) => NativeEncoder;
}

const isAddon = (value: unknown): value is Addon =>
  typeof value === "object" &&
  value !== null &&
  ["normalize", "Trainer", "CharSet", "Encoder", "CharEncoder", "PieceEncoder"].every((name) => name in value);

/** Loads the addon from a path. Throws TOKENIZER_LOAD_FAILED when it has not been built, or not for this Node. */
export const loadAddon = (path: string): Addon => loadAddonAs(path, isAddon);

let addon: Addon | undefined;

/** The addon of this package, loaded when it is first needed. */
export const native = (): Addon => (addon ??= loadAddon(addonPath("tokenizers")));

/** Puts byte strings one after another. */
export function byteStrings(parts: readonly Uint8Array[]): ByteStrings {
  let end = 0;
  return { ends: Uint32Array.from(parts, (part) => (end += part.length)), bytes: Buffer.concat(parts) };
}
