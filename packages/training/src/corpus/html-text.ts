import { CorpusError } from "./corpus-error.js";
import { HtmlParser } from "./html-parser.js";
import type { TextExtractor } from "./records.js";

/** Elements whose text is not a page's own: what runs, what replaces, what leads elsewhere, what is filled in. */
const LEFT_OUT = namesOf(
  "script style template noscript noembed noframes title nav aside footer svg iframe object audio video canvas",
  "button select textarea datalist dialog rt rp",
);
/** Elements whose content is no HTML; a file that ends within one is cut short. */
const RAW = namesOf("script style");
/** Elements that stand by themselves, a blank line before and after them. */
const PARAGRAPHS = namesOf(
  "address article blockquote details dl fieldset figure form h1 h2 h3 h4 h5 h6 header hr main ol p pre section table ul",
);
const LINES = namesOf("body caption dd div dt figcaption legend li option summary tr");
const CELLS = namesOf("td th");

function namesOf(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(" ")));
}

/** Elements within each other at most; the parser looks through all that are open. */
const DEEPEST = 2048;
/** Characters of text before a `main`, which are held until one opens or the page ends; a page with more is read whole. */
const MOST_BEFORE_MAIN = 16 << 20;
/** Characters of one tag or comment at most: they are held in memory. */
const MOST_MARKUP = 64 << 20;

/** The part of a page that is read: not known yet, for no `main` has come; what is in `main`; all of it. */
type Scope = "unknown" | "main" | "all";

interface HowToRead {
  /** True for a page that may end anywhere. */
  readonly mayBeCut?: boolean;
  readonly mostMarkup?: number;
  readonly mostBeforeMain?: number;
}

/**
 * Takes the main text out of a page of HTML that comes in chunks: without tags, scripts, styles, forms and what leads to
 * other pages; where it has a `main`, the text in that alone. White space is one blank but in `pre`; paragraphs are
 * parted by a blank line, cells by a tab.
 */
export class HtmlText implements TextExtractor {
  readonly replaced = 0;
  #said: string[] = [];
  /** What was said in earlier chunks, a piece a chunk: of a million words one by one the pieces would take gigabytes. */
  #before: string[] = [];
  /** Characters of both. */
  #characters = 0;
  #hasText = false;
  #scope: Scope = "unknown";
  /** Elements `main` that are open. */
  #main = 0;
  /** What comes before the next text: line breaks, or else a blank or a tab. */
  #breaks = 0;
  #gap = "";
  #depth = 0;
  #leftOut = 0;
  #raw = 0;
  #pre = 0;
  #preBegins = false;
  /** Characters since the parser has told of something. */
  #held = 0;
  #taken = 0;
  /** How many elements of a name are open. */
  readonly #named = new Map<string, number>();
  readonly #parser = new HtmlParser(
    {
      onopentagname: (name) => this.#open(name),
      onclosetag: (name) => this.#close(name),
      ontext: (text) => this.#text(text),
    },
    { recognizeSelfClosing: true }, // as in XHTML: without it an empty script would hide all that follows
    this.#named,
    () => {
      this.#open("p");
      this.#close("p");
    },
  );

  readonly #how: Required<HowToRead>;

  constructor(
    private readonly path: string,
    how: HowToRead = {},
  ) {
    this.#how = { mayBeCut: false, mostMarkup: MOST_MARKUP, mostBeforeMain: MOST_BEFORE_MAIN, ...how };
  }

  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.#write(chunk.toString());
    const { mostMarkup } = this.#how;
    if (this.#held > mostMarkup) throw this.#wrong(`a tag or comment is longer than ${mostMarkup} characters`);
    this.#before.push(this.#said.join(""));
    this.#said = [];
    if (this.#scope !== "unknown") yield* this.#texts();
  }

  *end(): Generator<Buffer, void, undefined> {
    this.#write("\n"); // ends whatever is text, and nothing else
    if (!this.#how.mayBeCut) this.#assertWhole();
    if (this.#hasText) this.#said.push("\n");
    yield* this.#texts();
  }

  #assertWhole(): void {
    if (this.#parser.startIndex < this.#taken) throw this.#wrong("the file ends within a tag or comment");
    if (this.#raw > 0) throw this.#wrong("the file ends within a script or style");
  }

  #write(text: string): void {
    this.#held += text.length;
    this.#taken += text.length;
    this.#parser.write(text);
  }

  #open(name: string): void {
    this.#held = 0;
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw this.#wrong(`more than ${DEEPEST} elements are open within each other`);
    if (name === "main" && this.#scope === "unknown" && this.#leftOut === 0) this.#begin();
    this.#count(name, 1);
    if (name === "pre") this.#preBegins = true;
    if (name === "br") this.#breaks = Math.min(2, this.#breaks + 1);
    else if (CELLS.has(name)) this.#gap = "\t";
    else this.#breakAt(name);
  }

  #close(name: string): void {
    this.#held = 0;
    this.#depth -= 1;
    this.#count(name, -1);
    this.#breakAt(name);
  }

  #count(name: string, by: 1 | -1): void {
    const key = name.toLowerCase(); // of SVG some have capitals
    const named = (this.#named.get(key) ?? 0) + by;
    if (named === 0) this.#named.delete(key);
    else this.#named.set(key, named);
    if (LEFT_OUT.has(name)) this.#leftOut += by;
    if (RAW.has(name)) this.#raw += by;
    if (name === "pre") this.#pre += by;
    if (name === "main") this.#main += by;
  }

  /** Forgets what came before `main`. */
  #begin(): void {
    this.#scope = "main";
    this.#before = [];
    this.#said = [];
    this.#hasText = false;
  }

  #breakAt(name: string): void {
    if (PARAGRAPHS.has(name)) this.#breaks = Math.max(2, this.#breaks);
    else if (LINES.has(name)) this.#breaks = Math.max(1, this.#breaks);
  }

  #text(text: string): void {
    this.#held = 0;
    if (this.#leftOut > 0 || (this.#scope === "main" && this.#main === 0)) return;
    if (this.#pre > 0) this.#lines(text);
    else this.#words(text);
  }

  #words(text: string): void {
    const words = text.replace(/[\t\n\f\r ]+/g, " ");
    if (words.startsWith(" ")) this.#gap ||= " ";
    if (words === " ") return;
    this.#say(words.replace(/^ | $/g, ""));
    if (words.endsWith(" ")) this.#gap = " ";
  }

  #lines(text: string): void {
    for (const line of text.replaceAll("\r", "").split(/(?<=\n)|(?=\n)/)) {
      // The line break after <pre> is none of its text.
      if (line === "") continue;
      if (line === "\n") this.#breaks += this.#preBegins ? 0 : 1;
      else this.#say(line);
      this.#preBegins = false;
    }
  }

  #say(text: string): void {
    if (this.#hasText) this.#said.push(this.#breaks > 0 ? "\n".repeat(this.#breaks) : this.#gap);
    this.#said.push(text);
    this.#characters += text.length;
    if (this.#scope === "unknown" && this.#characters > this.#how.mostBeforeMain) this.#scope = "all";
    this.#hasText = true;
    this.#breaks = 0;
    this.#gap = "";
  }

  *#texts(): Generator<Buffer, void, undefined> {
    const text = [...this.#before, ...this.#said].join("");
    this.#before = [];
    this.#said = [];
    if (text !== "") yield Buffer.from(text);
  }

  #wrong(what: string): CorpusError {
    const where = `${this.path}, character ${this.#parser.startIndex + 1}`;
    return new CorpusError(
      "INVALID_INPUT",
      `${where}: ${what}: is it whole, and HTML? expected a page with its tags closed`,
    );
  }
}
