/** A token of a text, and the part of the text that it was made of, in UTF-16 units. */
export interface CutToken {
  readonly id: number;
  /** Its bytes, as text where they are some. */
  readonly token: string;
  readonly start: number;
  readonly end: number;
}

/** A token as it is shown. */
export interface Piece extends CutToken {
  /** Part of the text that belongs to it alone; "" for a further token of a character that several are made of. */
  readonly text: string;
  /** What stands before it and belongs to no token. */
  readonly skipped: string;
}

/** The tokens of a text with what each shows of it: joined, they are the text up to the last token's end. */
export function piecesOf(text: string, tokens: readonly CutToken[]): Piece[] {
  let at = 0;
  return tokens.map((token) => {
    const skipped = text.slice(at, Math.max(at, token.start));
    const own = text.slice(Math.max(at, token.start), Math.max(at, token.end));
    at = Math.max(at, token.end);
    return { ...token, text: own, skipped };
  });
}

/** A token and how often a text has it. */
export interface Counted {
  readonly id: number;
  readonly token: string;
  readonly count: number;
}

/** The tokens that a text has most often, the first that it has before others as frequent. */
export function mostFrequent(tokens: readonly CutToken[], most: number): Counted[] {
  const counts = new Map<number, Counted>();
  for (const { id, token } of tokens) counts.set(id, { id, token, count: (counts.get(id)?.count ?? 0) + 1 });
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, most);
}

/** Different tokens of a text. */
export const differentTokens = (tokens: readonly CutToken[]): number => new Set(tokens.map(({ id }) => id)).size;

const marks: Readonly<Record<string, string>> = { "\n": "↵", "\r": "␍", "\t": "⇥", " ": "·" };

/** A token in one line, its white space by marks. */
export const inOneLine = (token: string): string => token.replace(/[\n\r\t ]/g, (space) => String(marks[space]));

/** A text as it stands, with a mark before each break, which is else not seen between two tokens. */
export const withBreaks = (text: string): string => text.replace(/\r?\n|\r/g, (end) => `↵${end}`);
