import { WITHOUT_SPACES } from "../dedup/word-characters.js";

const WORD = new RegExp(String.raw`[${WITHOUT_SPACES}]|[[\p{L}\p{M}\p{N}]--[${WITHOUT_SPACES}]]+`, "gv");

/** The words of a text as they are written, with their places; of scripts without spaces, each character is one. */
export function* wordsIn(text: string): Generator<{ readonly word: string; readonly at: number }, void, undefined> {
  for (const { 0: word, index } of text.matchAll(WORD)) yield { word, at: index };
}
