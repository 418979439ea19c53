/**
 * The pre-tokenization patterns there are native lexers for, by the text in which files hold them; the number is the
 * lexer's.
 */
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const rest = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export const patterns = {
  gpt2: { lexer: 0, regex: gpt2 },
  llama3: { lexer: 1, regex: `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${rest}` },
  qwen2: { lexer: 2, regex: `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${rest}` },
  /** Each digit by itself, and what is between them as GPT-2. */
  smollm: { lexer: 3, regex: gpt2 },
} as const;

export type PatternName = keyof typeof patterns;

/** Those that are one regular expression. */
const names: readonly PatternName[] = ["gpt2", "llama3", "qwen2"];

/** The pattern a regular expression is, character for character; undefined for one without a lexer. */
export const patternOf = (regex: string): PatternName | undefined =>
  names.find((name) => patterns[name].regex === regex);
