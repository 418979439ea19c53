import { createHash, randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { ServiceError } from "../service-error.js";
import type { Progress } from "../transfer/download.js";

export interface Form extends AsyncDisposable {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Hash of the file's bytes, once the body has been sent. */
  sha256(): string;
}

const BUFFER_BYTES = 1 << 20;

/** A file as a multipart form with the one part `file`, of a length that is known before it is sent. */
export async function formOf(
  path: string,
  contentType: string,
  filename: string,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Form> {
  const file = await open(path);
  const { size } = await file.stat();
  const boundary = `----${randomUUID()}`;
  const before = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted(filename)}"\r\nContent-Type: ${contentType}\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const hash = createHash("sha256");
  async function* body(): AsyncGenerator<Uint8Array> {
    yield before;
    let bytes = 0;
    while (bytes < size) {
      // No more than was announced, should it grow meanwhile.
      const buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, size - bytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) throw new ServiceError("HASH_MISMATCH", `${path} became shorter while it was sent`);
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      yield chunk;
      onProgress({ bytes: (bytes += bytesRead), totalBytes: size });
    }
    yield after;
  }
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(before.length + size + after.length),
    },
    body: body(),
    sha256: () => hash.digest("hex"),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** As browsers write it (WHATWG, multipart/form-data): nothing in a name ends it, or its line. */
const quoted = (name: string): string =>
  name.replace(/["\r\n]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
