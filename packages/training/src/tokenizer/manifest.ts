import type { TokenizerStatistics } from "@trainer/tokenizers";
import { z } from "zod";
import { SkippedLines } from "./skipped-lines.js";
import { LeftOut } from "../home/text-losses.js";

const share = z.number().min(0).max(1);
const Histogram = z.array(z.object({ up_to: z.int(), count: z.int() }));

/** Statistics of a tokenizer on its held-out text; the first four are those that API clients read. */
const Stats = z.looseObject({
  coverage: share,
  oov_rate: share,
  token_count: z.int(),
  char_coverage: share,
  /** Share of lost bytes; unknown characters, and their share. */
  lost_share: share.optional(),
  unknown_characters: z.int().optional(),
  unknown_share: share.optional(),
  /** Does a line break within a text come back? */
  line_breaks: z.boolean().optional(),
  sample_lines: z.int().optional(),
  tokens_per_word: z.number().optional(),
  characters_per_token: z.number().optional(),
  bytes_per_token: z.number().optional(),
  unused_tokens: z.int().optional(),
  line_lengths: Histogram.optional(),
});

/** The `manifest.json` beside a trained tokenizer: how it was made, and how it does. */
export const TokenizerManifest = z.looseObject({
  created_at: z.int(),
  config: z.looseObject({
    method: z.string().default("bpe"),
    special_tokens: z.array(z.string()),
    vocab_size: z.int().optional(),
    min_frequency: z.int().optional(),
    holdout_fraction: z.number().optional(),
    seed: z.int().optional(),
  }),
  /** The parts of the given text that were not trained on. */
  left_out: LeftOut.optional(),
  stats: Stats.optional(),
  /** The tokenizer that it goes on from, and what that makes of the text that `stats` are of. */
  extends: z
    .looseObject({ id: z.string(), sha256: z.string(), vocab_size: z.int(), bytes_per_token: z.number() })
    .optional(),
  skipped_lines: SkippedLines.optional(),
});
export type TokenizerManifest = z.infer<typeof TokenizerManifest>;

/** Statistics by the names that files have. */
export const toStats = (s: TokenizerStatistics) => ({
  coverage: s.coverage,
  oov_rate: s.oovRate,
  token_count: s.tokens,
  char_coverage: s.charCoverage,
  lost_share: s.lostShare,
  unknown_characters: s.unknownCharacters,
  unknown_share: s.unknownShare,
  line_breaks: s.lineBreaks,
  sample_lines: s.documents,
  tokens_per_word: s.tokensPerWord,
  characters_per_token: s.charactersPerToken,
  bytes_per_token: s.bytesPerToken,
  unused_tokens: s.unusedTokens,
  line_lengths: s.documentLengths.map(({ upTo, count }) => ({ up_to: upTo, count })),
});
