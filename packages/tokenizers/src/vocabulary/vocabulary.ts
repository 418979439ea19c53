import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { unspell } from "../byte-alphabet.js";
import { AddedToken, isVocabulary } from "../tokenizer-json.js";
import { broken, itemsOf, memberAt, parse, past, textOf } from "./json-items.js";
import { piecesOfModel, pieceTypes, type ModelPiece } from "./pieces-of-model.js";

export interface VocabularyToken {
  readonly id: number;
  /** As the file has it. */
  readonly spelled: string;
  /** The text that it stands for; null for bytes that are no whole characters. */
  readonly text: string | null;
  /** Length of that text in UTF-8. */
  readonly bytes: number;
  /** bytes: of part of a character, or one that stands in where a text has no other token; added: found whole in texts. */
  readonly kind: "text" | "bytes" | "added" | "special";
}

/** The most bytes of a file, of a token, and tokens: more than any tokenizer has. */
export const MOST_VOCABULARY_BYTES = 64 << 20;
const MOST_TOKEN_BYTES = 1 << 20;
const MOST_TOKENS = 1_000_000;
const MOST_MEMBERS = 1000;

/** Characters of text that are parsed in one go. */
const PORTION = 1 << 16;

/**
 * All tokens of a tokenizer by its file (`tokenizer.json` of BPE, Unigram and other vocabularies, one of characters, or
 * `tokenizer.model`), by their ids. Without native code, and in portions between which other work runs.
 * @throws TokenizerError TOKENIZER_LOAD_FAILED for a damaged or too large file, or one of another kind
 */
export async function readVocabulary(bytes: Uint8Array): Promise<readonly VocabularyToken[]> {
  if (bytes.length > MOST_VOCABULARY_BYTES) throw broken(`it has ${bytes.length} bytes, as no tokenizer has`);
  const open = past(bytes, 0);
  const isJson = bytes[open] === 0x7b;
  const tokens = isJson ? await tokensOfJson(bytes, open) : await tokensOfModel(bytes);
  if (tokens.size === 0) throw broken("it lists no tokens");
  return [...tokens.values()].toSorted((a, b) => a.id - b.id);
}

type Tokens = Map<number, VocabularyToken>;

async function tokensOfJson(bytes: Uint8Array, open: number): Promise<Tokens> {
  const file = await membersOf(bytes, open);
  const model = file.get("model");
  const places = model === undefined ? file : await membersOf(bytes, model.value);
  const vocab = places.get("vocab");
  if (vocab === undefined) throw broken("it says no vocabulary");
  const steps = ["pre_tokenizer", "decoder", "normalizer"].map((name) => file.get(name)?.text ?? "").join(" ");
  const read = readerOf(steps, model !== undefined);
  const tokens: Tokens = new Map();
  const specials = z
    .array(z.string())
    .catch([])
    .parse(parse(file.get("specials")?.text ?? "[]"));
  const keep = (id: number, spelled: string) => {
    const isSpecial = model === undefined && specials.includes(spelled);
    keepToken(tokens, isSpecial ? literal(id, spelled, "special") : read(id, spelled));
  };
  const isList = bytes[vocab.value] === 0x5b;
  let nth = 0;
  for await (const part of portionsOf(bytes, vocab.value)) {
    if (isList) for (const [piece] of checked(Scored, parse(`[${part}]`))) keep(nth++, piece);
    else for (const [token, id] of Object.entries(checked(Ids, parse(`{${part}}`)))) keep(id, token);
  }
  const added = file.get("added_tokens");
  if (added !== undefined)
    for await (const part of portionsOf(bytes, added.value))
      for (const { id, content, special } of checked(z.array(AddedToken), parse(`[${part}]`)))
        keepToken(tokens, literal(id, content, special ? "special" : "added"));
  return tokens;
}

const Scored = z.array(z.tuple([z.string(), z.number()]));
const Ids = z.custom<Readonly<Record<string, number>>>(isVocabulary);

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, success } = schema.safeParse(value);
  if (!success) throw broken("its vocabulary does not map tokens to numbers");
  return data;
}

async function tokensOfModel(bytes: Uint8Array): Promise<Tokens> {
  const tokens: Tokens = new Map();
  for (const { piece, type } of piecesOfModel(bytes)) {
    keepToken(tokens, ofPiece(tokens.size, piece, type));
    if (tokens.size % 1000 === 0) await setImmediate();
  }
  return tokens;
}

function ofPiece(id: number, piece: string, type: ModelPiece["type"]): VocabularyToken {
  if (type === pieceTypes.unknown || type === pieceTypes.control) return literal(id, piece, "special");
  if (type === pieceTypes.userDefined) return literal(id, piece, "added");
  return ofSpaced(id, piece);
}

function keepToken(tokens: Tokens, token: VocabularyToken): void {
  if (tokens.size >= MOST_TOKENS) throw broken(`it has more than ${MOST_TOKENS} tokens, as no tokenizer has`);
  tokens.set(token.id, token);
}

interface Member {
  readonly value: number;
  /** The value's text, of one that is short. */
  readonly text: string;
}

/** The values of an object by their keys. */
async function membersOf(bytes: Uint8Array, open: number): Promise<ReadonlyMap<string, Member>> {
  const members = new Map<string, Member>();
  if (bytes[open] !== 0x7b) throw broken("its model is no object");
  for (const item of itemsOf(bytes, open)) {
    if (item === null) {
      await setImmediate();
      continue;
    }
    const member = memberAt(bytes, item);
    const { end } = item;
    if (member === null) continue;
    const { key, value } = member;
    if (members.size >= MOST_MEMBERS) throw broken("it has more parts than any tokenizer has");
    members.set(key, { value, text: end - value > PORTION ? "" : textOf(bytes, { start: value, end }) });
  }
  return members;
}

/** The text between the brackets of a list or an object, in portions that end with an item. */
async function* portionsOf(bytes: Uint8Array, open: number): AsyncGenerator<string> {
  if (bytes[open] !== 0x5b && bytes[open] !== 0x7b) throw broken("its vocabulary is no list of tokens");
  let start = open + 1;
  let last = start;
  for (const item of itemsOf(bytes, open)) {
    if (item === null) {
      await setImmediate();
      continue;
    }
    const { end } = item;
    if (end - item.start > MOST_TOKEN_BYTES) throw broken("it has a token of more than a million bytes");
    last = end;
    if (end - start < PORTION) continue;
    yield textOf(bytes, { start, end });
    await setImmediate();
    start = end + 1;
  }
  if (last > start) yield textOf(bytes, { start, end: last });
}

type Reader = (id: number, spelled: string) => VocabularyToken;

/** How the tokens of a vocabulary stand for text, by the steps around it: as bytes, as pieces with a mark for a space, or as they are. */
function readerOf(steps: string, hasModel: boolean): Reader {
  if (/"type"\s*:\s*"ByteLevel"/.test(steps)) return ofBytes;
  return hasModel && /▁|\\u2581|"Metaspace"/.test(steps) ? ofSpaced : (id, spelled) => literal(id, spelled, "text");
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const literal = (id: number, spelled: string, kind: VocabularyToken["kind"]): VocabularyToken => ({
  id,
  spelled,
  text: spelled,
  bytes: encoder.encode(spelled).length,
  kind,
});

function ofBytes(id: number, spelled: string): VocabularyToken {
  const bytes = unspell(spelled);
  if (bytes === null) return literal(id, spelled, "text");
  const text = decoded(bytes);
  return { id, spelled, text, bytes: bytes.length, kind: text === null ? "bytes" : "text" };
}

function ofSpaced(id: number, spelled: string): VocabularyToken {
  const [, hex] = /^<0x([0-9A-F]{2})>$/.exec(spelled) ?? [];
  if (hex !== undefined)
    return { id, spelled, text: decoded(Uint8Array.of(Number.parseInt(hex, 16))), bytes: 1, kind: "bytes" };
  return { ...literal(id, spelled.replaceAll("▁", " "), "text"), spelled };
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
