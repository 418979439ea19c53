import { z } from "zod";
import { invalid } from "./check-input.js";
import { Replace } from "./normalizer-steps.js";
import { readStep, stepsOf, unsupported } from "./pipeline-json.js";
import type { Step } from "./tokenizer-json.js";

/** Maps the tokens of a text, as the file spells them, to its parts. Throws INVALID_INPUT if these are too long. */
export type Decode = (tokens: readonly string[]) => readonly string[];

/** `most`: the characters that there may be afterwards. */
type DecodeStep = (tokens: readonly string[], most: number) => readonly string[];

/** A file may come from anywhere: a chain of replacements, each of one letter by sixteen, would make 16^n of one. */
const MOST_TIMES = 32;
const MOST_MORE = 1024;

const Strip = z.looseObject({ content: z.string().min(1), start: z.int().nonnegative(), stop: z.int().nonnegative() });
const Metaspace = z.looseObject({
  replacement: z.string().min(1),
  add_prefix_space: z.boolean().default(true),
  prepend_scheme: z.string().optional(),
});

/** A tokenizer.json's decoder. Without one, tokens are words with a space between them. */
export function decoderOf(decoder: Step | null | undefined): Decode {
  if (!decoder) return (tokens) => [tokens.join(" ")];
  const steps = stepsOf(decoder, "decoder", "decoders").map(stepOf);
  return (tokens) => {
    const most = MOST_TIMES * tokens.reduce((sum, { length }) => sum + length, 0) + MOST_MORE;
    return steps.reduce((parts, step) => step(parts, most), tokens);
  };
}

function stepOf(step: Step): DecodeStep {
  switch (step.type) {
    case "Replace": {
      const { pattern, content } = readStep(Replace, step);
      if ("Regex" in pattern) throw unsupported("a decoder's Replace of a regular expression", "it can be a string");
      return replaced(pattern.String, content);
    }
    case "ByteFallback":
      return decodeBytes;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip": {
      const { content, start, stop } = readStep(Strip, step);
      return (tokens) => tokens.map((token) => strip(token, content, start, stop));
    }
    case "Metaspace": {
      const { replacement, add_prefix_space, prepend_scheme } = readStep(Metaspace, step);
      const prefixed = (prepend_scheme ?? (add_prefix_space ? "always" : "never")) !== "never";
      return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && prefixed ? "" : " "));
    }
    default:
      throw unsupported(
        `the decoder "${step.type}"`,
        "Metaspace, or Replace, ByteFallback, Fuse and Strip can be loaded",
      );
  }
}

const replaced =
  (pattern: string, content: string): DecodeStep =>
  (tokens, most) => {
    let room = most;
    return tokens.map((token) => {
      const kept = token.split(pattern);
      room -= token.length + (kept.length - 1) * (content.length - pattern.length);
      if (room < 0) throw invalid(TOO_LONG);
      return kept.join(content);
    });
  };

const TOO_LONG = `the tokenizer's decoder makes more of its tokens than it may: ${MOST_TIMES} times their length and ${MOST_MORE} characters more`;

/** The byte that a byte-fallback token stands for; null for other tokens. */
export function byteOf(token: string): number | null {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
  return hex === undefined ? null : Number.parseInt(hex, 16);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes beside each other are characters; if they are not well-formed, each of them is U+FFFD. */
function decodeBytes(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out.push(textOf(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = byteOf(token);
    if (byte === null) {
      flush();
      out.push(token);
    } else {
      bytes.push(byte);
    }
  }
  flush();
  return out;
}

function textOf(bytes: readonly number[]): string {
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return "\ufffd".repeat(bytes.length);
  }
}

function strip(token: string, content: string, start: number, stop: number): string {
  let begin = 0;
  while (begin < start * content.length && token.startsWith(content, begin)) begin += content.length;
  let end = token.length;
  const least = Math.max(begin, end - stop * content.length);
  while (end > least && token.endsWith(content, end)) end -= content.length;
  return token.slice(begin, end);
}
