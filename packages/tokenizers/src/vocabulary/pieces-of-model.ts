import { broken } from "./json-items.js";

/** A piece of a SentencePiece model, by its place its id. */
export interface ModelPiece {
  readonly piece: string;
  readonly type: number;
}

/** Kinds of pieces (`sentencepiece_model.proto`). */
export const pieceTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 } as const;

const PIECES = 1;
const PIECE = 1;
const TYPE = 3;

const utf8 = new TextDecoder();

/** The pieces of a `tokenizer.model`, one at a time. @throws TokenizerError for what is no such file */
export function* piecesOfModel(bytes: Uint8Array): Generator<ModelPiece> {
  for (const { field, body } of fieldsOf(bytes)) {
    if (field !== PIECES) continue;
    if (typeof body === "number") throw broken("a piece is a number");
    let piece = "";
    let type: number = pieceTypes.normal;
    for (const inner of fieldsOf(body)) {
      if (inner.field === PIECE && typeof inner.body !== "number") piece = utf8.decode(inner.body);
      if (inner.field === TYPE && typeof inner.body === "number") type = inner.body;
    }
    yield { piece, type };
  }
}

export interface Field {
  readonly field: number;
  /** A number of those that are written as one; of those of four or eight bytes the bytes. */
  readonly body: number | Uint8Array;
  /** All of the field, as it is written. */
  readonly raw: Uint8Array;
}

/** The fields of a protocol buffer. @throws TokenizerError for what is none */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw broken("it ends too early");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw broken("it has a number of too many bytes");
  };
  const take = (length: number) => {
    const end = at + length;
    if (end > bytes.length) throw broken("it ends too early");
    const part = bytes.subarray(at, end);
    at = end;
    return part;
  };
  const bodyOf = (wire: number) => {
    switch (wire) {
      case 0:
        return number();
      case 1:
        return take(8);
      case 2:
        return take(number());
      case 5:
        return take(4);
      default:
        throw broken("it is no JSON and no SentencePiece model");
    }
  };
  while (at < bytes.length) {
    const begin = at;
    const tag = number();
    const body = bodyOf(tag % 8);
    yield { field: Math.floor(tag / 8), body, raw: bytes.subarray(begin, at) };
  }
}
