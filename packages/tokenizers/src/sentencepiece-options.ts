import { snake } from "@trainer/disk";
import { z } from "zod";
import { invalid } from "./check-input.js";

const Symbols = z.array(z.string().min(1));
const Id = z.int().min(-1); // -1: there is no such piece
const Piece = z.string().min(1);

/** The options of SentencePiece's trainer, in camelCase. Those left out have the library's own defaults, or these. */
export const SentencePieceOptions = z.strictObject({
  modelType: z.enum(["unigram", "bpe", "char", "word"]).default("bpe"),
  /** The share of the text whose characters get a piece; the rarest of the others become unknown. */
  characterCoverage: z.number().min(0.98).max(1).default(1),
  /** Characters outside the vocabulary become the bytes of their UTF-8, so nothing is unknown. */
  byteFallback: z.boolean().optional(),
  /** `false`: a text that cannot give `vocabSize` pieces gives fewer, and no error. */
  hardVocabLimit: z.boolean().optional(),
  useAllVocab: z.boolean().optional(),

  /**
   * Sentences to learn from, 0 for all of them; with `shuffleInputSentence` (default true) drawn from all, the same ones
   * each time, which Python's build does not promise; else the first.
   */
  inputSentenceSize: z
    .int()
    .min(0)
    .refine((size) => size === 0 || size > 100, "must be 0 or more than 100")
    .optional(),
  shuffleInputSentence: z.boolean().optional(),
  /** Limit in bytes (default 4192); longer lines are skipped. */
  maxSentenceLength: z.int().min(10).max(1_073_741_824).optional(),
  trainExtremelyLargeCorpus: z.boolean().optional(),
  selfTestSampleSize: z.int().min(0).max(1000).optional(),
  acceptLanguage: Symbols.optional(),

  normalizationRuleName: z.enum(["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"]).optional(),
  /** The path of a file of rules, instead of a name. */
  normalizationRuleTsv: z.string().min(1).optional(),
  denormalizationRuleTsv: z.string().min(1).optional(),
  addDummyPrefix: z.boolean().optional(),
  removeExtraWhitespaces: z.boolean().optional(),

  splitByUnicodeScript: z.boolean().optional(),
  splitByNumber: z.boolean().optional(),
  splitByWhitespace: z.boolean().optional(),
  splitDigits: z.boolean().optional(),
  treatWhitespaceAsSuffix: z.boolean().optional(),
  allowWhitespaceOnlyPieces: z.boolean().optional(),
  pretokenizationDelimiter: z.string().min(1).optional(),
  /** Limit in characters. */
  maxSentencepieceLength: z.int().min(1).max(512).optional(),
  requiredChars: z.string().min(1).optional(),

  /** Pieces that a text cannot spell, and pieces that it always can. */
  controlSymbols: Symbols.optional(),
  userDefinedSymbols: Symbols.optional(),
  unkId: Id.optional(),
  bosId: Id.optional(),
  eosId: Id.optional(),
  padId: Id.optional(),
  unkPiece: Piece.default("[UNK]"),
  bosPiece: Piece.default("[BOS]"),
  eosPiece: Piece.default("[EOS]"),
  padPiece: Piece.default("[PAD]"),
  unkSurface: z.string().optional(),

  /** 16 by default on every machine: sums of floats in another order can make another unigram model. */
  numThreads: z.int().min(1).max(1024).optional(),
  /** Unigram alone: number of seed substrings, the share of them that a round keeps, and the EM steps of a round. */
  seedSentencepieceSize: z.int().min(1).optional(),
  seedSentencepiecesFile: z.string().min(1).optional(),
  shrinkingFactor: z.number().min(0.5).max(0.95).optional(),
  numSubIterations: z.int().min(1).max(10).optional(),
  vocabularyOutputPieceScore: z.boolean().optional(),
});
export type SentencePieceOptions = z.infer<typeof SentencePieceOptions>;
/** Options before defaults are filled in. */
export type SentencePieceOptionsGiven = z.input<typeof SentencePieceOptions>;

/** Throws INVALID_INPUT, naming each option that is wrong. */
export function parseSentencePieceOptions(options: unknown): SentencePieceOptions {
  const parsed = SentencePieceOptions.safeParse(options);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".")}${path.length > 0 ? ": " : ""}${message}`,
  );
  throw invalid(`SentencePiece's trainer takes other options: ${wrong.join("; ")}`);
}

/** The options as the library reads them: snake_case and strings. */
export function toLibraryOptions(
  options: SentencePieceOptions & { readonly vocabSize: number },
): Record<string, string> {
  // An option that is given is written into the model, so one without a value must not be.
  const given: [string, string][] = [];
  for (const [name, value] of Object.entries(options)) {
    const spelled = Array.isArray(value) ? value.map(quoted).join(",") : value;
    if (spelled !== undefined && !(Array.isArray(value) && value.length === 0)) given.push([snake(name), `${spelled}`]);
  }
  return Object.fromEntries(given);
}

/** A field of comma-separated values. */
const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
