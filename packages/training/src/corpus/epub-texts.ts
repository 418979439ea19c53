import { openEpub } from "./epub-file.js";
import type { FileTexts, TextBatch } from "./file-texts.js";
import type { CorpusFile } from "./find-files.js";
import { readBytes, type ReadListeners } from "./read-file.js";
import { TextReader } from "./text-reader.js";

/** The text of an e-book: the main text of its chapters, a blank line between them. */
export class EpubTexts implements FileTexts {
  readonly areRecords = false;
  replaced = 0;
  bytes = 0;

  constructor(private readonly file: Pick<CorpusFile, "path" | "bytes">) {}

  async *read({ onRead = () => {}, onStored }: ReadListeners = {}): AsyncGenerator<TextBatch, void, undefined> {
    const { path, bytes: size } = this.file;
    // Chapters are read where they lie; a listener hears the whole file in its order.
    if (onStored !== undefined)
      for await (const chunk of readBytes({ path, bytes: size, compression: null })) onStored(chunk);
    const { HtmlText } = await import("./html-text.js"); // here, or every command would load its parser
    await using epub = await openEpub(path);
    let [seen, hasText] = [0, false];
    for (const [i, chapter] of epub.chapters.entries()) {
      const where = `${path}, ${chapter.fileName}`;
      const [reader, html] = [new TextReader(where), new HtmlText(where)];
      let begins = true;
      const batch = (texts: readonly Buffer[], bytes: number): TextBatch => {
        const parts = hasText && begins && texts.length > 0;
        begins &&= texts.length === 0;
        hasText ||= texts.length > 0;
        this.bytes += bytes;
        return { texts: parts ? [Buffer.from("\n"), ...texts] : texts, bytes };
      };
      for await (const chunk of epub.read(chapter)) yield batch([...html.push(reader.push(chunk))], chunk.length);
      const rest = batch([...html.push(reader.end()), ...html.end()], 0);
      this.replaced += reader.replaced;
      const read = Math.round((size * (i + 1)) / epub.chapters.length);
      onRead(read - seen);
      seen = read;
      yield rest;
    }
  }
}
