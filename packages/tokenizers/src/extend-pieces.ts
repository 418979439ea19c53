import type { ExtendOptions } from "./extend-tokenizer.js";
import { extendedJson } from "./extended-file.js";
import { learnPieces } from "./learn-pieces.js";
import { nothingNew, notExtended } from "./not-extended.js";
import { parseTokenizerJson } from "./parse-tokenizer-json.js";
import { pieceDefinition, type PieceDefinition } from "./piece-definition.js";
import { PieceTokenizer } from "./piece.js";
import { MARK, PREFIX, WORDS } from "./piece-words.js";
import { configIn } from "./specials.js";
import { isByRules, type PieceRules } from "./token-sides.js";

/**
 * BPE over characters with tokens more. A new token is made of any two tokens that spell it, as in files that were made
 * of SentencePiece's models: theirs, and llama.cpp's, are merged by spelling. Throws UNSUPPORTED_BACKEND, and what
 * `trainBpe` throws.
 */
export async function extendPieces(base: PieceTokenizer, options: ExtendOptions): Promise<PieceTokenizer> {
  const { definition, beside } = base;
  const { tokens: old, kind } = definition;
  if (kind === "unigram")
    throw notExtended(
      "a unigram tokenizer cuts a text by the scores of all pieces together, so that new ones change how text without them is cut",
    );
  const isText = textTokens(definition);
  const bytes = new Map(Array.from(definition.encoder.model.byteIds, (id, byte) => [id, byte]));
  const added = await learnPieces(options, {
    base,
    tokens: old,
    isText,
    byteOf: (id) => bytes.get(id),
    rules: rulesOf(definition, isText),
  });
  if (added.length === 0) throw nothingNew();
  const tokens = [...old, ...added];
  const vocab = tokens.flatMap((token, id): [string, number][] => (token === undefined ? [] : [[token, id]]));
  const parts = new Map(vocab.filter(([, id]) => id >= old.length || isText(id)));
  const pairs = added.flatMap((token) => pairsOf(token, parts));
  const json = extendedJson(base.json, vocab, pairs);
  const file = parseTokenizerJson(JSON.parse(json), "the extended tokenizer");
  return new PieceTokenizer(pieceDefinition(file, configIn(beside)), json, beside);
}

/** Can a text without special tokens become it, other than as bytes or as a whole? */
function textTokens({ added, encoder: { model } }: PieceDefinition): (id: number) => boolean {
  const others = new Set([...added.map(({ id }) => id), ...model.byteIds]);
  if (typeof model.unknown === "number") others.add(model.unknown);
  return (id) => !others.has(id);
}

/** Every two tokens that spell it, by their ids. */
function pairsOf(token: string, parts: ReadonlyMap<string, number>): [string, string][] {
  const chars = Array.from(token);
  return chars
    .slice(1)
    .map((_, i): [string, string] => [chars.slice(0, i + 1).join(""), chars.slice(i + 1).join("")])
    .filter(([left, right]) => parts.has(left) && parts.has(right));
}

/**
 * The file does not say by what settings its pieces were learned: what none of them, or one in a hundred, is is what the
 * new ones are not either.
 */
function rulesOf(definition: PieceDefinition, isText: (id: number) => boolean): PieceRules {
  const { tokens, encoder } = definition;
  const { splitter, normalizer } = encoder;
  const marked =
    normalizer.some(({ type, pattern, content }) => type === "Replace" && pattern === " " && content === MARK) ||
    splitter.spacesToMark;
  const taken = splitter.atWhiteSpace && splitter.prefix !== PREFIX.always;
  if (!marked || taken || splitter.words === WORDS.wordOrNot)
    throw notExtended("this tokenizer.json does not mark spaces, so that its tokens do not say where words end");
  const long = tokens.filter(
    (token, id): token is string => token !== undefined && isText(id) && Array.from(token).length > 1,
  );
  const strict = {
    mark: splitter.mark,
    marks: "before",
    marksAlone: splitter.words !== WORDS.before && long.includes(splitter.mark.repeat(2)),
    numbersApart: true,
    mostChars: null,
  } as const;
  const apart = (rules: PieceRules) => long.filter((token) => !isByRules(token, rules)).length <= long.length / 100;
  return {
    ...strict,
    scriptsApart: apart({ ...strict, scriptsApart: true, digitsApart: false }),
    digitsApart: apart({ ...strict, scriptsApart: false, digitsApart: true }),
  };
}
