import { setImmediate } from "node:timers/promises";
import { at } from "@trainer/disk";
import type { Vocabulary } from "@trainer/platform";
import type { VocabularyToken } from "@trainer/tokenizers/capabilities";

type Summary = Pick<Vocabulary, "token_count" | "kinds" | "lengths" | "scripts" | "longest">;
type WireToken = Vocabulary["tokens"][number];

export interface ReadVocabulary {
  /** By their ids. */
  readonly tokens: readonly VocabularyToken[];
  readonly summary: Summary;
}

const LONGEST = 30;
/** Tokens of so many characters and more count as one length. */
const MOST_CHARACTERS = 20;
/** Characters of a token that are sent. */
const SENT = 200;
/** Tokens that are gone through in one go. */
const PORTION = 5000;

/** What is told of a vocabulary as a whole. */
export async function summaryOf(tokens: readonly VocabularyToken[]): Promise<Summary> {
  const kinds = { text: 0, bytes: 0, added: 0, special: 0 };
  const lengths = Array.from({ length: MOST_CHARACTERS + 1 }, () => 0);
  const scripts = new Map<string, number>();
  let longest: { token: VocabularyToken; characters: number }[] = [];
  await inPortions(tokens, (token) => {
    kinds[token.kind]++;
    if (token.kind !== "text" || token.text === null) return;
    const characters = charactersIn(token.text);
    const place = Math.min(characters, MOST_CHARACTERS);
    lengths[place] = at(lengths, place) + 1;
    const script = scriptOf(token.text);
    if (script !== null) scripts.set(script, (scripts.get(script) ?? 0) + 1);
    const least = longest.length < LONGEST ? 0 : at(longest, LONGEST - 1).characters;
    if (characters > least)
      longest = [...longest, { token, characters }].toSorted((a, b) => b.characters - a.characters).slice(0, LONGEST);
  });
  return {
    token_count: tokens.length,
    kinds,
    lengths: lengths.flatMap((count, characters) => (count === 0 ? [] : [{ characters, tokens: count }])),
    scripts: [...scripts].map(([script, count]) => ({ script, tokens: count })).toSorted((a, b) => b.tokens - a.tokens),
    longest: longest.map(({ token }) => wireToken(token)),
  };
}

/** The tokens in whose text or id something is found, in capitals or not. */
export async function tokensFound(tokens: readonly VocabularyToken[], q: string): Promise<readonly VocabularyToken[]> {
  const wanted = q.toLowerCase();
  const found: VocabularyToken[] = [];
  await inPortions(tokens, (token) => {
    const { id, spelled, text } = token;
    if ([text ?? spelled, spelled].some((each) => each.toLowerCase().includes(wanted)) || String(id) === wanted)
      found.push(token);
  });
  return found;
}

/** A token as it is sent: of a long one the beginning. */
export function wireToken({ id, spelled, text, bytes, kind }: VocabularyToken): WireToken {
  const characters = text === null ? null : charactersIn(text);
  return { id, spelled: cut(spelled), text: text === null ? null : cut(text), bytes, characters, kind };
}

const cut = (text: string): string => (text.length > SENT ? `${text.slice(0, SENT)}…` : text);

function charactersIn(text: string): number {
  let characters = 0;
  for (const _ of text) characters++;
  return characters;
}

/** Does something with each item, and lets other work run now and then. */
async function inPortions<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (let i = 0; i < items.length; i += PORTION) {
    for (const item of items.slice(i, i + PORTION)) work(item);
    await setImmediate();
  }
}

const SCRIPTS = (
  "Latin Cyrillic Greek Han Hiragana Katakana Hangul Arabic Hebrew Devanagari Bengali Tamil Telugu Thai Georgian " +
  "Armenian Ethiopic Khmer"
).split(" ");
const PATTERNS = SCRIPTS.map((script) => new RegExp(String.raw`\p{Script=${script}}`, "u"));
const known = new Map<string, string>();

/** The writing system of a text's first letter; null where it has none. */
function scriptOf(text: string): string | null {
  const [letter] = /\p{L}/u.exec(text) ?? [];
  if (letter === undefined) return null;
  const script = known.get(letter) ?? SCRIPTS[PATTERNS.findIndex((pattern) => pattern.test(letter))] ?? "Other";
  known.set(letter, script);
  return script;
}
