import { fieldsOf, type Field } from "../vocabulary/pieces-of-model.js";

// The parts of SentencePiece's `sentencepiece_model.proto` that decide how a text is cut.

export interface ScoredPiece {
  readonly piece: string;
  readonly score: number;
  readonly type: number;
}

export const modelTypes = { unigram: 1, bpe: 2, word: 3, char: 4 } as const;

export interface SentencePieceModel {
  readonly pieces: readonly ScoredPiece[];
  readonly modelType: number;
  readonly byteFallback: boolean;
  readonly whitespaceAsSuffix: boolean;
  readonly charsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
  /** Has it rules by which a decoded text is changed? */
  readonly denormalizes: boolean;
}

/** Numbers of fields. */
const MODEL = { pieces: 1, trainer: 2, normalizer: 3, denormalizer: 5 } as const;
const PIECE = { piece: 1, score: 2, type: 3 } as const;
const TRAINER = {
  modelType: 3,
  vocabSize: 4,
  whitespaceAsSuffix: 24,
  byteFallback: 35,
  unkId: 40,
  bosId: 41,
  eosId: 42,
  padId: 43,
  unkPiece: 45,
  bosPiece: 46,
  eosPiece: 47,
  padPiece: 48,
} as const;
const NORMALIZER = { charsmap: 2, addDummyPrefix: 3, removeExtraWhitespaces: 4, escapeWhitespaces: 5 } as const;

const utf8 = new TextDecoder();

/** @throws TokenizerError for what is no such file */
export function readSentencePiece(model: Uint8Array): SentencePieceModel {
  const pieces: ScoredPiece[] = [];
  const parts = new Map<number, Map<number, Field["body"]>>();
  for (const { field, body } of fieldsOf(model)) {
    if (typeof body === "number") continue;
    if (field === MODEL.pieces) pieces.push(pieceOf(body));
    else if (field === MODEL.trainer || field === MODEL.normalizer || field === MODEL.denormalizer)
      parts.set(field, lastOfEach(body));
  }
  const trainer = parts.get(MODEL.trainer);
  const normalizer = parts.get(MODEL.normalizer);
  const flag = (from: typeof trainer, field: number, usual: boolean) => (from?.get(field) ?? Number(usual)) !== 0;
  const modelType = trainer?.get(TRAINER.modelType);
  return {
    pieces,
    modelType: typeof modelType === "number" ? modelType : modelTypes.unigram,
    byteFallback: flag(trainer, TRAINER.byteFallback, false),
    whitespaceAsSuffix: flag(trainer, TRAINER.whitespaceAsSuffix, false),
    charsmap: charsmapOf(normalizer),
    addDummyPrefix: flag(normalizer, NORMALIZER.addDummyPrefix, true),
    removeExtraWhitespaces: flag(normalizer, NORMALIZER.removeExtraWhitespaces, true),
    escapeWhitespaces: flag(normalizer, NORMALIZER.escapeWhitespaces, true),
    denormalizes: charsmapOf(parts.get(MODEL.denormalizer)).length > 0,
  };
}

const lastOfEach = (bytes: Uint8Array) => new Map(Array.from(fieldsOf(bytes), ({ field, body }) => [field, body]));

function charsmapOf(normalizer: ReadonlyMap<number, Field["body"]> | undefined): Uint8Array {
  const charsmap = normalizer?.get(NORMALIZER.charsmap);
  return charsmap instanceof Uint8Array ? charsmap : new Uint8Array();
}

function pieceOf(bytes: Uint8Array): ScoredPiece {
  const fields = lastOfEach(bytes);
  const piece = fields.get(PIECE.piece);
  const score = fields.get(PIECE.score);
  const type = fields.get(PIECE.type);
  return {
    piece: piece instanceof Uint8Array ? utf8.decode(piece) : "",
    score: score instanceof Uint8Array ? Buffer.from(score).readFloatLE() : 0,
    type: typeof type === "number" ? type : 1,
  };
}

export interface NewSentencePieceModel extends Omit<
  SentencePieceModel,
  "whitespaceAsSuffix" | "escapeWhitespaces" | "denormalizes"
> {
  /** Ids of the pieces with a role; null: there is none. */
  readonly roles: Readonly<Record<"unk" | "bos" | "eos" | "pad", number | null>>;
}

/** A `tokenizer.model` that the library reads. */
export function writeSentencePiece(model: NewSentencePieceModel): Uint8Array {
  const { pieces, roles } = model;
  const role = (id: number | null, idField: number, pieceField: number): Buffer[] => {
    const piece = id === null ? undefined : pieces[id]?.piece;
    return piece === undefined || id === null
      ? [whole(idField, -1n)]
      : [whole(idField, BigInt(id)), bytes(pieceField, Buffer.from(piece))];
  };
  const trainer = [
    whole(TRAINER.modelType, BigInt(model.modelType)),
    whole(TRAINER.vocabSize, BigInt(pieces.length)),
    whole(TRAINER.byteFallback, BigInt(model.byteFallback)),
    ...role(roles.unk, TRAINER.unkId, TRAINER.unkPiece),
    ...role(roles.bos, TRAINER.bosId, TRAINER.bosPiece),
    ...role(roles.eos, TRAINER.eosId, TRAINER.eosPiece),
    ...role(roles.pad, TRAINER.padId, TRAINER.padPiece),
  ];
  const normalizer = [
    bytes(NORMALIZER.charsmap, model.charsmap),
    whole(NORMALIZER.addDummyPrefix, BigInt(model.addDummyPrefix)),
    whole(NORMALIZER.removeExtraWhitespaces, BigInt(model.removeExtraWhitespaces)),
  ];
  return Buffer.concat([
    ...pieces.map(({ piece, score, type }) =>
      bytes(
        MODEL.pieces,
        Buffer.concat([
          bytes(PIECE.piece, Buffer.from(piece)),
          float(PIECE.score, score),
          whole(PIECE.type, BigInt(type)),
        ]),
      ),
    ),
    bytes(MODEL.trainer, Buffer.concat(trainer)),
    bytes(MODEL.normalizer, Buffer.concat(normalizer)),
  ]);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}

const tag = (field: number, wire: number): Buffer => varint(BigInt(field * 8 + wire));
const whole = (field: number, value: bigint): Buffer => Buffer.concat([tag(field, 0), varint(value)]);
const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([tag(field, 2), varint(BigInt(value.length)), value]);
function float(field: number, value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), four]);
}
