import { z } from "zod";
import { CorpusError } from "./corpus-error.js";
import { expected, firstProblem } from "./json-problem.js";
import { notJson } from "./not-json.js";
import { RecordBytes, type TextExtractor } from "./records.js";
import { isBlank } from "./whitespace.js";

const Source = z.union([z.string(), z.array(z.string())], expected("a string or an array of strings"));
const Notebook = z.looseObject(
  {
    cells: z.array(
      z.looseObject({ cell_type: z.string(expected("a string")), source: Source }, expected("an object")),
      expected("an array of cells, as notebooks of version 4 have (`jupyter nbconvert --to notebook FILE` makes one)"),
    ),
  },
  expected("an object"),
);
const READ: ReadonlySet<string> = new Set(["markdown", "code"]);

/**
 * Takes the text out of a Jupyter notebook that comes in chunks: its Markdown and its code, cell by cell, a blank line
 * between them; what the code gave, and raw cells, are left out. It is held whole.
 */
export class NotebookText implements TextExtractor {
  replaced = 0;
  readonly #held: RecordBytes;

  constructor(
    private readonly path: string,
    mostBytes?: number,
  ) {
    this.#held = new RecordBytes(
      (most) => this.#wrong(`it is longer than ${most} bytes: clear its outputs`),
      mostBytes,
    );
  }

  push(chunk: Buffer): readonly Buffer[] {
    this.#held.add(chunk);
    return [];
  }

  end(): readonly Buffer[] {
    const bytes = this.#held.take();
    if (isBlank(bytes)) return [];
    const { cells } = this.#parse(bytes.toString());
    const texts = cells.flatMap(({ cell_type: type, source }, i) => {
      if (!READ.has(type)) return [];
      const text = typeof source === "string" ? source : source.join("");
      if (text.includes("\0")) throw this.#wrong(`cells.${i}.source: there is a NUL in it: leave it out`);
      return text.trim() === "" ? [] : [text.trimEnd()];
    });
    if (texts.length === 0) return [];
    const text = `${texts.join("\n\n")}\n`;
    this.replaced = text.match(/\p{Cs}/gu)?.length ?? 0;
    return [Buffer.from(text)];
  }

  #parse(json: string): z.infer<typeof Notebook> {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      throw this.#wrong(notJson(json));
    }
    const notebook = Notebook.safeParse(value);
    if (notebook.success) return notebook.data;
    throw this.#wrong(firstProblem(notebook.error));
  }

  #wrong(what: string): CorpusError {
    return new CorpusError("INVALID_INPUT", `${this.path} is no notebook that can be read: ${what}`);
  }
}
