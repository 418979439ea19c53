import { bytes, float, whole } from "../protobuf-writer.js";
import { MARK } from "../piece-words.js";
import type { PieceRules } from "../token-sides.js";
import { fieldsOf, type Field, pieceTypes } from "../vocabulary/pieces-of-model.js";

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
  /** What its pieces may be. */
  readonly rules: PieceRules;
}

/** Numbers of fields. */
const MODEL = { pieces: 1, trainer: 2, normalizer: 3, selfTest: 4, denormalizer: 5 } as const;
const PIECE = { piece: 1, score: 2, type: 3 } as const;
const TRAINER = {
  modelType: 3,
  vocabSize: 4,
  mostChars: 20,
  scriptsApart: 21,
  spacesApart: 22,
  numbersApart: 23,
  digitsApart: 25,
  marksAlone: 26,
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
    rules: {
      mark: MARK,
      marks: marksOf(flag(trainer, TRAINER.whitespaceAsSuffix, false), flag(trainer, TRAINER.spacesApart, true)),
      marksAlone: flag(trainer, TRAINER.marksAlone, false),
      scriptsApart: flag(trainer, TRAINER.scriptsApart, true),
      numbersApart: flag(trainer, TRAINER.numbersApart, true),
      digitsApart: flag(trainer, TRAINER.digitsApart, false),
      mostChars: Number(trainer?.get(TRAINER.mostChars) ?? 16),
    },
  };
}

const marksOf = (asSuffix: boolean, apart: boolean): PieceRules["marks"] =>
  asSuffix ? "after" : apart ? "before" : "within";

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
  "whitespaceAsSuffix" | "escapeWhitespaces" | "denormalizes" | "rules"
> {
  /** Ids of the pieces with a role; null: there is none. */
  readonly roles: Readonly<Record<"unk" | "bos" | "eos" | "pad", number | null>>;
}

const scoredPiece = ({ piece, score, type }: ScoredPiece): Buffer =>
  bytes(
    MODEL.pieces,
    Buffer.concat([bytes(PIECE.piece, Buffer.from(piece)), float(PIECE.score, score), whole(PIECE.type, BigInt(type))]),
  );

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
    ...pieces.map(scoredPiece),
    bytes(MODEL.trainer, Buffer.concat(trainer)),
    bytes(MODEL.normalizer, Buffer.concat(normalizer)),
  ]);
}

/**
 * The model with pieces of text after its own, in the order in which they are merged: each has a lower score than all
 * that are there. Everything else stays as it is written, but for the texts with their encodings that the library checks
 * when it opens a model: they may have others now.
 */
export function appendPieces(model: Uint8Array, pieces: readonly string[]): Uint8Array {
  const old = readSentencePiece(model).pieces;
  const scores = old.filter(({ type }) => type === pieceTypes.normal).map(({ score }) => score);
  let score = scores.reduce((least, one) => Math.min(least, one), 0);
  const added = pieces.map((piece): Buffer => {
    score = below(score);
    return scoredPiece({ piece, score, type: pieceTypes.normal });
  });
  const fields = [...fieldsOf(model)].filter(({ field }) => field !== MODEL.selfTest);
  const last = fields.findLastIndex(({ field }) => field === MODEL.pieces);
  const size = BigInt(old.length + pieces.length);
  const written = fields.map(({ field, body, raw }) =>
    field === MODEL.trainer && typeof body !== "number" ? resized(body, size) : raw,
  );
  return Buffer.concat([...written.slice(0, last + 1), ...added, ...written.slice(last + 1)]);
}

/** The largest whole number below a score that is another one with the four bytes that a file has for it. */
function below(score: number): number {
  let step = 1;
  while (Math.fround(score - step) >= score) step *= 2;
  return Math.fround(score - step);
}

/** A TrainerSpec with another size of the vocabulary. */
const resized = (trainer: Uint8Array, size: bigint): Buffer =>
  bytes(
    MODEL.trainer,
    Buffer.concat([
      ...Array.from(fieldsOf(trainer)).flatMap(({ field, raw }) => (field === TRAINER.vocabSize ? [] : [raw])),
      whole(TRAINER.vocabSize, size),
    ]),
  );
