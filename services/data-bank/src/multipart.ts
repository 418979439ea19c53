import { AppError } from "@trainer/platform";

export interface FilePart {
  /** The sent type; `application/octet-stream` if there was none, or none that can be a header. */
  readonly contentType: string;
  /** Its bytes. It ends when the whole form has come to its end: a form that is cut off anywhere throws before. */
  readonly body: AsyncIterable<Buffer>;
}

const MAX_HEADER_BYTES = 16 << 10;
const CRLF = Buffer.from("\r\n");
const CR = 13;

/**
 * The part called `name` of a multipart/form-data body (RFC 7578), while it arrives: memory holds what is in the air and
 * nothing more. Others are passed over.
 *
 * @param contentType of the request
 * @param chunks the request's body
 * @throws AppError INVALID_INPUT with status 422 if there is no such part, with 400 if the form is malformed
 */
export async function filePart(
  name: string,
  contentType: string | undefined,
  chunks: AsyncIterator<Uint8Array>,
): Promise<FilePart> {
  const missing = new AppError("INVALID_INPUT", `a multipart form with a part "${name}" is needed`, { status: 422 });
  const [, quoted, plain] = BOUNDARY.exec(contentType ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw missing;
  const form = new Form(chunks, Buffer.from(`\r\n--${boundary}`, "latin1"));
  for (let headers = await form.nextPart(); headers !== null; headers = await form.nextPart()) {
    if (partName(headers) === name) return { contentType: typeOf(headers), body: form.restFrom(form.body()) };
  }
  throw missing;
}

const BOUNDARY = /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i;
const NAME = /^content-disposition:\s*form-data\s*;(?:.*;)?\s*name=(?:"([^"]*)"|([^\s;"]+))/im;

function partName(headers: string): string | undefined {
  const [, quoted, plain] = NAME.exec(headers) ?? [];
  return quoted ?? plain;
}

/** A media type that can be sent back as a header, of a length that makes sense. */
function typeOf(headers: string): string {
  const given = /^content-type:(.*)$/im.exec(headers)?.[1]?.trim() ?? "";
  return /^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(given) ? given : "application/octet-stream";
}

/** A form, read from its beginning to its end: the headers of a part, its body, the headers of the next. */
class Form {
  #buffer: Buffer = CRLF; // the first delimiter may stand at the very beginning, without the line break before it
  #inBody = true; // what comes before the first delimiter is skipped like a part

  constructor(
    private readonly chunks: AsyncIterator<Uint8Array>,
    private readonly delimiter: Buffer,
  ) {}

  /** Skips the unread rest of the part before. @returns null after the last one */
  async nextPart(): Promise<string | null> {
    if (this.#inBody) await drain(this.body());
    while (this.#buffer.length < 2) await this.#more();
    const mark = this.#buffer.toString("latin1", 0, 2);
    if (mark === "--") {
      this.#buffer = Buffer.alloc(0);
      while ((await this.chunks.next()).done !== true); // an epilogue is ignored
      return null;
    }
    if (mark !== "\r\n") throw malformed("a delimiter is followed by neither a line break nor --");
    let headers = "";
    for await (const piece of this.#until(Buffer.from("\r\n\r\n"))) {
      headers += piece.toString("latin1");
      if (headers.length > MAX_HEADER_BYTES) throw malformed("the headers of a part are too long");
    }
    this.#inBody = true;
    return headers.trimStart();
  }

  async *body(): AsyncGenerator<Buffer> {
    yield* this.#until(this.delimiter);
    this.#inBody = false;
  }

  /** `body`, and an end only when the form has ended too. */
  async *restFrom(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield* body;
    while ((await this.nextPart()) !== null);
  }

  /** The bytes before `mark`, which is consumed. */
  async *#until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      const end = at === -1 ? this.#safeEnd(mark) : at;
      if (end > 0) yield this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(at === -1 ? end : at + mark.length);
      if (at !== -1) return;
      await this.#more();
    }
  }

  /** Up to where there can be no beginning of `mark`, which starts with a carriage return. */
  #safeEnd(mark: Buffer): number {
    const at = this.#buffer.indexOf(CR, Math.max(0, this.#buffer.length - mark.length + 1));
    return at === -1 ? this.#buffer.length : at;
  }

  async #more(): Promise<void> {
    const next = await this.chunks.next();
    if (next.done === true) throw malformed("the form ends too early");
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
  }
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of body);
}

const malformed = (what: string) => new AppError("INVALID_INPUT", `malformed multipart form: ${what}`);
