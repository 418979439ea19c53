import type { IncomingMessage } from "node:http";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { FileInfo, Sha256 } from "@trainer/platform";
import type { z } from "zod";
import { chunks, readText, send, type HttpRequest } from "../http.js";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";
import { sha256Hash } from "../transfer/content-hash.js";
import { download, type Progress, type TransferOptions } from "../transfer/download.js";
import { formOf } from "./form.js";
import { verified } from "./verified.js";

export interface DataBankClientOptions extends Partial<RetryOptions> {
  /** http://host:port, or with a path where a gateway stands before it. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Longest silence on a connection; 60 s by default. */
  readonly timeoutMs?: number;
}

export type { Progress, TransferOptions };

export interface UploadOptions extends TransferOptions {
  /** File name in the upload; the service does not keep it. */
  readonly filename?: string;
}

/** A file as an answer's headers describe it; its hash is the requested one. */
export interface FileHead {
  readonly size: number;
  readonly sha256: Sha256;
  readonly contentType: string;
}

/** A file as an answer's body describes it, with the requested id. */
const Description = FileInfo.extend({ file_id: Sha256 });
export type Description = z.output<typeof Description>;

/** The most characters of an answer that describes a file. */
const DESCRIPTION_LENGTH = 1 << 20;

/**
 * The file service, as a client sees it. What fails by something that passes is tried again, uploads too: a file is
 * known by its content, so sending it twice is sending it once.
 * @throws ServiceError everywhere
 */
export class DataBankClient {
  readonly #files: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #retry: RetryOptions;

  constructor({ url, apiKey, timeoutMs = 60_000, retries = 3, backoffMs = 500 }: DataBankClientOptions) {
    this.#files = `${url.replace(/(?<!\/)\/+$/, "")}/files`;
    this.#headers = apiKey === undefined ? {} : { "x-api-key": apiKey };
    this.#timeoutMs = timeoutMs;
    this.#retry = { retries, backoffMs };
  }

  /** @param contentType kept with the file and sent back with it */
  async upload(path: string, contentType: string, options: UploadOptions = {}): Promise<Description> {
    const { filename = basename(path), onProgress, signal } = options;
    return retrying(this.#retry, signal, async () => {
      await using form = await formOf(path, contentType, filename, onProgress);
      const request = { method: "POST", headers: form.headers, body: form.body, signal } as const;
      const info = await infoIn(await this.#send("", request));
      if (info.sha256 === form.sha256() && info.file_id === info.sha256) return info;
      throw new ServiceError("HASH_MISMATCH", `${path} changed while it was sent, or on its way`);
    });
  }

  async info(id: Sha256): Promise<Description> {
    return retrying(this.#retry, undefined, async () => {
      const info = await infoIn(await this.#send(`/${id}/info`));
      if (info.file_id === id && info.sha256 === id) return info;
      throw invalid(`it describes the file ${info.file_id}, not ${id}, which was asked for`);
    });
  }

  async head(id: Sha256, signal?: AbortSignal): Promise<FileHead> {
    return retrying(this.#retry, signal, async () => {
      const answer = await this.#send(`/${id}`, { method: "HEAD", signal });
      await readText(answer, 0); // an answer that is not read to its end keeps its connection and the process
      return headOf(answer, id);
    });
  }

  /** No error if it does not exist, unless the service is set to be strict. */
  async remove(id: Sha256): Promise<void> {
    await retrying(this.#retry, undefined, async () => {
      (await this.#send(`/${id}`, { method: "DELETE" })).resume();
    });
  }

  /**
   * Downloads a file to `path`, where it appears whole and with the hash that is its id, or not at all, whatever the
   * service sends. A partial download is kept beside it in `<path>.<id>.part`, also when the process dies; the next
   * call resumes it.
   */
  async download(id: Sha256, path: string, options: TransferOptions = {}): Promise<FileHead> {
    const file = await this.head(id, options.signal);
    const get = async (from: number) => {
      const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-`, "if-range": id };
      const answer = await this.#send(`/${id}`, { headers, signal: options.signal });
      return { isRest: answer.statusCode === 206, bytes: chunks(answer) };
    };
    const source = { service: "data-bank", retry: this.#retry, get } as const;
    await download({ name: id, size: file.size, hash: sha256Hash(id) }, path, source, options);
    return file;
  }

  /** A file's bytes as they come. What is not the file, by its size or its hash, fails before its last bytes are given. */
  async read(id: Sha256, signal?: AbortSignal): Promise<FileHead & { readonly content: Readable }> {
    const answer = await retrying(this.#retry, signal, () => this.#send(`/${id}`, { signal }));
    try {
      const head = headOf(answer, id);
      return { ...head, content: Readable.from(verified(answer, head), { objectMode: false }) };
    } catch (error) {
      answer.destroy();
      throw error;
    }
  }

  #send(path: string, request: Partial<HttpRequest> = {}): Promise<IncomingMessage> {
    const headers = { ...this.#headers, ...request.headers };
    const defaults = { service: "data-bank", method: "GET", timeoutMs: this.#timeoutMs, signal: undefined } as const;
    return send(this.#files + path, { ...defaults, ...request, headers });
  }
}

/** @throws ServiceError INVALID_ANSWER where the headers are none of this file */
function headOf({ headers }: IncomingMessage, id: Sha256): FileHead {
  const size = Number(headers["content-length"] ?? NaN);
  if (!Number.isSafeInteger(size)) throw invalid("its headers do not tell the size");
  if (headers.etag?.replace(/^"(.*)"$/, "$1") !== id) throw invalid(`its ETag is not the id that was asked for, ${id}`);
  return { size, sha256: id, contentType: String(headers["content-type"]) };
}

async function infoIn(answer: IncomingMessage): Promise<Description> {
  const text = await readText(answer, DESCRIPTION_LENGTH);
  try {
    return Description.parse(JSON.parse(text));
  } catch (error) {
    throw invalid("its body does not describe a file", error);
  }
}

const invalid = (what: string, cause?: unknown) =>
  new ServiceError("INVALID_ANSWER", `the answer is none of a file service: ${what}`, { cause });
