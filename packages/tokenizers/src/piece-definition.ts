import { z } from "zod";
import type { NormalizerStep, PieceEncoderSettings, PieceModelSettings } from "./addon.js";
import { addedSettings, specialIds, withRoles } from "./added-tokens.js";
import { byteStrings, native } from "./addon.js";
import { addedOf, checkLength, mergesOf, mergesWithout, modelOf, unknownOf } from "./bpe-definition.js";
import { type Decode, decoderOf } from "./decoder-steps.js";
import { encodingError } from "./encoding-error.js";
import { frameOfConfig, frameOfFile } from "./frame.js";
import { normalizerSteps } from "./normalizer-steps.js";
import { splitterOf } from "./piece-words.js";
import { corrupt } from "./pipeline-json.js";
import { specialsOf, type TokenizerConfig } from "./specials.js";
import type { AddedToken, TokenizerJson } from "./tokenizer-json.js";
import type { Frame, Specials } from "./tokenizer.js";

/** A tokenizer.json whose tokens are pieces of text and not of bytes, checked. */
export interface PieceDefinition {
  readonly kind: "bpe" | "unigram";
  /** Tokens by id. */
  readonly tokens: readonly (string | undefined)[];
  /** The decoder's input: an added token that is matched in the normalized text, in its normalized form. */
  readonly decoded: readonly (string | undefined)[];
  readonly added: readonly AddedToken[];
  readonly specials: Specials;
  readonly decode: Decode;
  readonly encoder: PieceEncoderSettings;
  readonly frame: Frame;
}

interface Model {
  readonly kind: "bpe" | "unigram";
  readonly vocab: Readonly<Record<string, number>>;
  /** `special`: what no text becomes but where it is spelled and let through; one of a character stays text. */
  readonly settings: (special: ReadonlySet<number>) => PieceModelSettings;
  /** Those that can come out of more than one character. */
  readonly pieces: readonly string[];
}

export const NO_TOKEN = 0xffff_ffff;
const utf8 = new TextEncoder();
const encoded = (texts: readonly string[]) => byteStrings(texts.map((text) => utf8.encode(text)));

const UnigramJson = z.looseObject({
  unk_id: z.int().nonnegative(),
  byte_fallback: z.boolean().default(false),
  vocab: z.array(z.tuple([z.string(), z.number()])).min(1),
});

/** Checks a tokenizer of pieces. Throws TOKENIZER_LOAD_FAILED, naming what is wrong or not supported. */
export function pieceDefinition(file: TokenizerJson, config: TokenizerConfig): PieceDefinition {
  checkLength(file);
  const { kind, vocab, settings, pieces } = file.model.type === "Unigram" ? unigramOf(file) : bpeOf(file);
  const listed = addedOf(file.added_tokens, vocab, true);
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  for (const { content, id } of listed) tokens[id] = content;
  const specials = specialsOf(tokens, config);
  const added = withRoles(listed, specials, tokens);
  const normalizer = normalizerSteps(file.normalizer);
  const decoded = [...tokens];
  for (const { content, id, normalized } of added) {
    if (normalized) decoded[id] = normalizedBy(normalizer, content);
  }
  const has = (char: string) => Object.hasOwn(vocab, char);
  const encoder = {
    model: settings(specialIds(added)),
    normalizer,
    splitter: splitterOf({ pre: file.pre_tokenizer, normalizer, pieces, has }),
    raw: addedSettings(added.filter(({ normalized }) => !normalized)),
    normalized: addedSettings(added.filter(({ normalized }) => normalized)),
  };
  const frame = frameOfFile(file.post_processor) ?? frameOfConfig(config, specials);
  return { kind, tokens, decoded, added, specials, encoder, frame, decode: decoderOf(file.decoder) };
}

function normalizedBy(steps: readonly NormalizerStep[], text: string): string {
  try {
    return Buffer.from(native().normalize(steps, utf8.encode(text))).toString();
  } catch (error) {
    throw encodingError(error);
  }
}

function bpeOf(file: TokenizerJson): Model {
  const model = modelOf(file);
  const { vocab } = model;
  const entries = Object.entries(vocab);
  const chars = entries.flatMap(([token, id]) => {
    const [point, more] = Array.from(token, (char) => char.codePointAt(0));
    return point === undefined || more !== undefined ? [] : [{ point, id }];
  });
  const merges = mergesOf(model);
  const unknown = unknownOf(model);
  const settings = (special: ReadonlySet<number>) => {
    const words = model.ignore_merges ? entries.filter(([token, id]) => isText(token, id, special, unknown)) : [];
    return {
      points: Uint32Array.from(chars, ({ point }) => point),
      ids: Uint32Array.from(chars, ({ id }) => id),
      byteIds: byteIdsOf(model.byte_fallback, new Map(entries)),
      unknown,
      fuseUnknown: model.fuse_unk,
      merges: mergesWithout(special, merges),
      words: encoded(words.map(([token]) => token)),
      wordIds: Uint32Array.from(words, ([, id]) => id),
    };
  };
  return { kind: "bpe", vocab, settings, pieces: entries.map(([token]) => token) };
}

function unigramOf(file: TokenizerJson): Model {
  const parsed = UnigramJson.safeParse(file.model);
  if (!parsed.success) throw corrupt(z.prettifyError(parsed.error));
  const { vocab: entries, unk_id: unknown, byte_fallback } = parsed.data;
  if (unknown >= entries.length) throw corrupt(`unk_id ${unknown} is past the ${entries.length} pieces`);
  const pieces = entries.map(([piece]) => piece);
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  const settings = (special: ReadonlySet<number>) => ({
    // The model never finds an empty piece.
    pieces: encoded(pieces.map((piece, id) => (isText(piece, id, special, unknown) ? piece : ""))),
    scores: Float64Array.from(entries, ([, score]) => score),
    unknown,
    byteIds: byteIdsOf(byte_fallback, ids),
  });
  return { kind: "unigram", vocab: Object.fromEntries(ids), settings, pieces };
}

/** Can a text come to be this token? */
const isText = (token: string, id: number, special: ReadonlySet<number>, unknown: number | null): boolean =>
  Array.from(token).length === 1 || !(special.has(id) || id === unknown);

/** The tokens <0x00> to <0xFF>; none where bytes do not stand in for characters. */
function byteIdsOf(fallback: boolean, ids: ReadonlyMap<string, number>): Uint32Array {
  if (!fallback) return new Uint32Array();
  const name = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  return Uint32Array.from({ length: 256 }, (_, byte) => ids.get(name(byte)) ?? NO_TOKEN);
}
