import type { ScoreResponse } from "@trainer/platform/browser";

/** The parts of a text that can have a surprisal of their own. */
export const grains = ["token", "word", "character"] as const;
export type Grain = (typeof grains)[number];

export type Alternatives = readonly (readonly [text: string, probability: number])[];

/** A part of a scored text with its surprisal. */
export interface Unit {
  readonly text: string;
  /** Its name, for a token around the text that has no text of its own. */
  readonly name: string | null;
  /** Place in the text, in characters (code points). */
  readonly offset: number;
  /** Surprisal; null where nothing was there to foresee it. */
  readonly bits: number | null;
  /** What was likeliest in its place, of its first token. */
  readonly expected: Alternatives;
}

export interface Line {
  readonly number: number;
  readonly text: string;
  readonly characters: number;
  /** Of those that were foreseen. */
  readonly bits: number;
}

/** A scored text in its tokens, words, characters and lines. The bits of each of these sum to those of the text's tokens. */
export interface Scored {
  readonly units: Readonly<Record<Grain, readonly Unit[]>>;
  readonly lines: readonly Line[];
  /** Sum over the text, and over what stands around it. */
  readonly bits: number;
}

/** What a score says of single parts of a text; nothing of a score without them. */
export function scoredOf({ tokens, surprisal, topk, offsets, begin_tokens, end_tokens }: ScoreResponse): Scored {
  const [begin, end] = [begin_tokens ?? [], end_tokens ?? []];
  const all = tokens ?? [];
  const last = all.length - end.length;
  const token = all.map((text, i): Unit => {
    const name = i < begin.length ? begin[i] : i >= last ? end[i - last] : null;
    return {
      text,
      name: name ?? null,
      offset: offsets?.[i] ?? 0,
      bits: i === 0 ? null : (surprisal?.[i - 1] ?? null),
      expected: i === 0 ? [] : (topk?.[i - 1] ?? []),
    };
  });
  const character = charactersOf(token.filter(({ name }) => name === null));
  const bits = token.reduce((sum, each) => sum + (each.bits ?? 0), 0);
  return { units: { token, word: wordsOf(character), character }, lines: linesOf(character), bits };
}

/** A token's bits are shared evenly by its characters; a token without a text of its own is part of the character before. */
function charactersOf(tokens: readonly Unit[]): Unit[] {
  const characters: Unit[] = [];
  for (const { text, bits, expected } of tokens) {
    const own = Array.from(text);
    const before = characters.at(-1);
    if (own.length === 0 && before !== undefined)
      characters[characters.length - 1] = { ...before, bits: sumOf([before.bits, bits]) };
    const share = bits === null ? null : bits / own.length;
    for (const each of own)
      characters.push({ text: each, name: null, offset: characters.length, bits: share, expected });
  }
  return characters;
}

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** Words as the reader's language has them, each with the space before it, as tokens have it. */
function wordsOf(characters: readonly Unit[]): Unit[] {
  const text = characters.map((each) => each.text).join("");
  const units: Unit[] = [];
  let from = 0;
  let to = 0;
  const close = () => {
    const own = characters.slice(from, to);
    const [first] = own;
    if (first !== undefined) units.push(joined(own, first));
    from = to;
  };
  for (const { segment } of words.segment(text)) {
    to += Array.from(segment).length;
    if (segment.trim() !== "" || segment.includes("\n")) close();
  }
  close();
  return units;
}

function linesOf(characters: readonly Unit[]): Line[] {
  const lines: Line[] = [];
  let own: Unit[] = [];
  const close = () => {
    const text = own.map((each) => each.text).join("");
    const bits = own.reduce((sum, each) => sum + (each.bits ?? 0), 0);
    lines.push({ number: lines.length + 1, text: text.replace(/\r?\n$/, ""), characters: own.length, bits });
    own = [];
  };
  for (const each of characters) {
    own.push(each);
    if (each.text === "\n") close();
  }
  if (own.length > 0) close();
  return lines;
}

const joined = (units: readonly Unit[], first: Unit): Unit => ({
  ...first,
  text: units.map(({ text }) => text).join(""),
  bits: sumOf(units.map(({ bits }) => bits)),
});

/** The sum of what is known; null where nothing is. */
function sumOf(bits: readonly (number | null)[]): number | null {
  const known = bits.flatMap((each) => (each === null ? [] : [each]));
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}
