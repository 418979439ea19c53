import { parsers } from "prettier/plugins/markdown";
import { z } from "zod";

/** A node of a page as a Markdown reader takes it, reduced to what this project checks. */
export interface Piece {
  readonly type: string;
  /** Language of a code block. */
  readonly lang: string;
  /** Text of code and text nodes. */
  readonly value: string;
  /** Target of a link or a picture. */
  readonly url: string;
  /** The lines of its source, from 1. */
  readonly from: number;
  readonly to: number;
  readonly children: readonly Piece[];
}

const Line = z.object({ line: z.int() });
const Node = z.object({
  type: z.string(),
  lang: z.string().nullish(),
  value: z.string().nullish(),
  url: z.string().nullish(),
  position: z.object({ start: Line, end: Line }),
  get children() {
    return z.array(Node).optional();
  },
});

/** The formatter's own parser, which looks at no options. */
const parse = z.custom<(text: string) => unknown>((value) => typeof value === "function").parse(parsers.markdown.parse);

/** All pieces of a page, each before those inside it. */
export const markdown = (text: string): Piece[] => flat(toPiece(Node.parse(parse(text))));

const flat = (piece: Piece): Piece[] => [piece, ...piece.children.flatMap(flat)];

/** The words of a piece, without its marks. */
export const wordsOf = (piece: Piece): string => piece.value + piece.children.map(wordsOf).join("");

const toPiece = ({ type, lang, value, url, position, children = [] }: z.output<typeof Node>): Piece => ({
  type,
  lang: lang ?? "",
  value: value ?? "",
  url: url ?? "",
  from: position.start.line,
  to: position.end.line,
  children: children.map(toPiece),
});
