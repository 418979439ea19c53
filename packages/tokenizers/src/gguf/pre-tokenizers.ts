import type { PatternName } from "../patterns.js";

interface PreTokenizer {
  readonly pattern: PatternName;
  /** Words that are tokens are taken whole. */
  readonly ignoreMerges: boolean;
}

/**
 * llama.cpp's names of how words are cut, where it is as here; of those that are one thing the first is written. What it
 * cuts otherwise has no place here: the ids would be others.
 */
export const preTokenizers: ReadonlyMap<string, PreTokenizer> = new Map([
  ["gpt-2", { pattern: "gpt2", ignoreMerges: false }],
  ["phi-2", { pattern: "gpt2", ignoreMerges: false }],
  ["mpt", { pattern: "gpt2", ignoreMerges: false }],
  ["olmo", { pattern: "gpt2", ignoreMerges: false }],
  ["llama-bpe", { pattern: "llama3", ignoreMerges: true }],
  ["llama3", { pattern: "llama3", ignoreMerges: true }],
  ["llama-v3", { pattern: "llama3", ignoreMerges: true }],
  ["smaug-bpe", { pattern: "llama3", ignoreMerges: false }],
  ["dbrx", { pattern: "llama3", ignoreMerges: false }],
  ["qwen2", { pattern: "qwen2", ignoreMerges: false }],
  ["deepseek-r1-qwen", { pattern: "qwen2", ignoreMerges: false }],
  ["smollm", { pattern: "smollm", ignoreMerges: false }],
  ["starcoder", { pattern: "smollm", ignoreMerges: false }],
  ["refact", { pattern: "smollm", ignoreMerges: false }],
  ["command-r", { pattern: "smollm", ignoreMerges: false }],
  ["codeshell", { pattern: "smollm", ignoreMerges: false }],
  ["stablelm2", { pattern: "qwen2", ignoreMerges: false }],
]);

export const preTokenizerOf = ({ pattern, ignoreMerges }: PreTokenizer): string | undefined =>
  [...preTokenizers].find(([, pre]) => pre.pattern === pattern && pre.ignoreMerges === ignoreMerges)?.[0];
