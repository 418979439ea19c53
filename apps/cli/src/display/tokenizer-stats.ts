import type { TokenizerStatistics } from "@trainer/tokenizers";
import type { TokenizerManifest } from "@trainer/training";
import { bar } from "./bar.js";
import { formatCount } from "./quantity.js";

/** A tokenizer's statistics on its held-out text, in lines for a person. */
export function statsLines(stats: TokenizerManifest["stats"]): string[] {
  if (stats === undefined) return [];
  const { sample_lines: lines, bytes_per_token: bytes, tokens_per_word: perWord, unused_tokens: unused } = stats;
  const details = [
    ...(bytes === undefined ? [] : [`${bytes.toFixed(2)} bytes a token`]),
    ...(perWord === undefined ? [] : [`${perWord.toFixed(2)} tokens a word`]),
    ...(unused === undefined ? [] : [`${formatCount(unused)} tokens unused`]),
  ];
  const sample = lines === undefined ? "" : ` in a sample of ${formatCount(lines)} lines`;
  return [
    `coverage    ${percent(stats.coverage)} of tokens, ${percent(stats.char_coverage)} of characters known${sample}`,
    ...(details.length === 0 ? [] : [`measured    ${details.join(", ")}`]),
    ...lossLines(stats),
  ];
}

/** Lost text, in lines; empty if it was not measured or nothing is lost. */
function lossLines(stats: NonNullable<TokenizerManifest["stats"]>): string[] {
  const { lost_share: lost = 0, unknown_characters: unknown = 0, unknown_share: share = 0, line_breaks: kept } = stats;
  const losses = [
    ...(lost === 0 ? [] : [`${shareOfLoss(lost)} of the bytes do not come back`]),
    ...(unknown === 0 ? [] : [`${formatCount(unknown)} characters (${shareOfLoss(share)}) are unknown`]),
    ...(kept === false ? ["line breaks within a text are lost"] : []),
  ];
  return losses.length === 0 ? [] : [`lost        ${losses.join(", ")}`];
}

/** 0.000004 -> 0.01 %: never 0 % of what is not nothing. */
export const shareOfLoss = (share: number) =>
  share === 0 ? "0 %" : `${(Math.ceil(Math.min(share, 1) * 10_000) / 100).toFixed(2)} %`;

/** 0.99954 -> 99.95 %: never 100 % of what is not all. */
export const percent = (share: number) => `${share === 1 ? "100" : (Math.floor(share * 10_000) / 100).toFixed(2)} %`;

/** Statistics of a tokenizer on a text, by their names in `--json`. */
export const statisticsJson = (s: TokenizerStatistics) => ({
  documents: s.documents,
  bytes: s.bytes,
  characters: s.characters,
  words: s.words,
  tokens: s.tokens,
  coverage: s.coverage,
  oov_rate: s.oovRate,
  char_coverage: s.charCoverage,
  lost_share: s.lostShare,
  unknown_characters: s.unknownCharacters,
  unknown_share: s.unknownShare,
  line_breaks: s.lineBreaks,
  tokens_per_word: s.tokensPerWord,
  characters_per_token: s.charactersPerToken,
  bytes_per_token: s.bytesPerToken,
  vocab_size: s.vocabSize,
  unused_tokens: s.unusedTokens,
  line_lengths: s.documentLengths.map(({ upTo, count }) => ({ up_to: upTo, count })),
  most_frequent: s.mostFrequent,
});

/** Rows of a table with a tokenizer a column: what each makes of the same text. */
export const STATISTICS_ROWS: readonly (readonly [name: string, show: (s: TokenizerStatistics) => string])[] = [
  ["vocabulary", (s) => formatCount(s.vocabSize)],
  ["unused", (s) => formatCount(s.unusedTokens)],
  ["tokens", (s) => formatCount(s.tokens)],
  ["bytes a token", (s) => s.bytesPerToken.toFixed(3)],
  ["characters a token", (s) => s.charactersPerToken.toFixed(3)],
  ["tokens a word", (s) => s.tokensPerWord.toFixed(3)],
  ["tokens known", (s) => percent(s.coverage)],
  ["characters known", (s) => percent(s.charCoverage)],
  ["characters unknown", (s) => `${formatCount(s.unknownCharacters)} (${shareOfLoss(s.unknownShare)})`],
  ["bytes lost", (s) => shareOfLoss(s.lostShare)],
  ["line breaks kept", (s) => (s.lineBreaks ? "yes" : "no")],
];

/** Histogram of lines by their number of tokens. */
export function lengthLines(
  { documentLengths, documents }: Pick<TokenizerStatistics, "documentLengths" | "documents">,
  unicode: boolean,
): string[] {
  const most = Math.max(...documentLengths.map(({ count }) => count));
  const width = Math.max(...documentLengths.map(({ upTo }) => String(upTo).length));
  return documentLengths.map(({ upTo, count }) => {
    const share = percent(count / documents);
    return `  up to ${String(upTo).padStart(width)} tokens  ${bar(count / most, 24, unicode)}  ${formatCount(count)} (${share})`;
  });
}
