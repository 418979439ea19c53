import { Parser } from "htmlparser2";

type Options = ConstructorParameters<typeof Parser>;

/** What is to be known of the elements that are open, whose names are in lower case. */
interface OpenElements {
  has(name: string): boolean;
}

/**
 * A parser that looks up whether an end tag is one of an open element, and passes over it if not: htmlparser2 compares its
 * name with those of all that are open, which takes a page of a million stray tags minutes.
 */
export class HtmlParser extends Parser {
  #chunk = "";
  #from = 0;

  /** @param paragraph called for an end tag of a paragraph that is not open: it stands for an empty one */
  constructor(
    handler: Options[0],
    options: Options[1],
    private readonly open: OpenElements,
    private readonly paragraph: () => void,
  ) {
    super(handler, options);
  }

  override write(chunk: string): void {
    this.#from += this.#chunk.length;
    this.#chunk = chunk;
    super.write(chunk);
  }

  override onclosetag(start: number, end: number): void {
    const name = this.#chunk.slice(Math.max(0, start - this.#from), end - this.#from).toLowerCase();
    const isCut = start < this.#from; // its beginning was in the chunk before
    if (isCut || name === "br" || this.open.has(name)) {
      super.onclosetag(start, end);
      return;
    }
    if (name === "p") this.paragraph();
    this.endIndex = end;
    this.startIndex = end + 1;
  }
}
