import type { TokenizerStatistics } from "@trainer/tokenizers";
import type { TokenizerManifest } from "@trainer/training";
import { bar } from "./display/bar.js";
import { formatCount } from "./display/quantity.js";

/** What a tokenizer made of the text that was held back from its training, in lines for a person. */
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
  ];
}

/** 0.99954 -> 99.95 %: never 100 % of what is not all. */
export const percent = (share: number) => `${share === 1 ? "100" : (Math.floor(share * 10_000) / 100).toFixed(2)} %`;

/** What a tokenizer makes of a text, by the names that `--json` has. */
export const statisticsJson = (s: TokenizerStatistics) => ({
  documents: s.documents,
  bytes: s.bytes,
  characters: s.characters,
  words: s.words,
  tokens: s.tokens,
  coverage: s.coverage,
  oov_rate: s.oovRate,
  char_coverage: s.charCoverage,
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
];

/** How many lines have how many tokens. */
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
