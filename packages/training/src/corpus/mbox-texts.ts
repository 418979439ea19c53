import { CorpusError } from "./corpus-error.js";
import type { FileTexts, TextBatch } from "./file-texts.js";
import { MboxMails } from "./mbox-mails.js";
import { readBytes, type ReadListeners, type SourceFile } from "./read-file.js";

/**
 * The texts of a mailbox (mbox): what was written in each mail, in whatever character set, without its headers and what
 * hangs on it. Of a mail of HTML alone, its main text.
 */
export class MboxTexts implements FileTexts {
  readonly areRecords = true;
  replaced = 0;
  bytes = 0;
  readonly #mails: MboxMails;

  constructor(
    private readonly file: SourceFile,
    most?: number,
  ) {
    this.#mails = new MboxMails((what) => this.#wrong(what), most);
  }

  async *read(listeners: ReadListeners = {}): AsyncGenerator<TextBatch, void, undefined> {
    for await (const chunk of readBytes(this.file, listeners)) {
      this.bytes += chunk.length;
      yield await this.#batch(this.#mails.push(chunk), chunk.length);
    }
    yield await this.#batch(this.#mails.end(), 0);
  }

  async #batch(mails: Iterable<Buffer>, bytes: number): Promise<TextBatch> {
    const texts: Buffer[] = [];
    for (const mail of mails) texts.push(await this.#text(mail));
    return { texts, bytes };
  }

  async #text(mail: Buffer): Promise<Buffer> {
    const { default: PostalMime } = await import("postal-mime"); // here, or every command would load it
    const { text = "", html } = await PostalMime.parse(mail, { forceRfc822Attachments: true }).catch(
      (error: unknown) => {
        throw this.#wrong(String(error));
      },
    );
    const written = text.trim() === "" && html !== undefined ? await this.#main(html) : text;
    const sound = written.replaceAll("\0", "\ufffd").trimEnd();
    this.replaced += sound.split("\ufffd").length - 1;
    return Buffer.from(sound);
  }

  async #main(html: string): Promise<string> {
    const { HtmlText } = await import("./html-text.js"); // here, or every command would load its parser
    const page = new HtmlText(this.#where, { mayBeCut: true });
    return Buffer.concat([...page.push(Buffer.from(html)), ...page.end()]).toString();
  }

  get #where(): string {
    return `${this.file.path}, mail ${this.#mails.mail}`;
  }

  #wrong(what: string): CorpusError {
    const expected = "expected a mailbox (mbox), with a line `From … 00:00:00 2024` before each mail";
    return new CorpusError("INVALID_INPUT", `${this.#where}: ${what}; ${expected}`);
  }
}
