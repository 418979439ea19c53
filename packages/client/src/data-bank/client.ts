import type { IncomingMessage } from "node:http";
import { basename } from "node:path";
import { FileInfo, Sha256 } from "@trainer/platform";
import { readText, send, type HttpRequest } from "../http.js";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";
import { download } from "./download.js";
import { formOf } from "./form.js";

export interface DataBankClientOptions extends Partial<RetryOptions> {
  /** http://host:port, or with a path where a gateway stands before it. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** How long nothing may move on a connection; 60 s if left out. */
  readonly timeoutMs?: number;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface TransferOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UploadOptions extends TransferOptions {
  /** What the file is called on its way; the service does not keep it. */
  readonly filename?: string;
}

/** What an answer's headers tell of a file. */
export interface FileHead {
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
}

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
  async upload(path: string, contentType: string, options: UploadOptions = {}): Promise<FileInfo> {
    const { filename = basename(path), onProgress, signal } = options;
    return retrying(this.#retry, signal, async () => {
      await using form = await formOf(path, contentType, filename, onProgress);
      const request = { method: "POST", headers: form.headers, body: form.body, signal } as const;
      const info = await infoIn(await this.#send("", request));
      if (info.sha256 === form.sha256() && info.file_id === info.sha256) return info;
      throw new ServiceError("HASH_MISMATCH", `${path} changed while it was sent, or on its way`);
    });
  }

  async info(id: string): Promise<FileInfo> {
    return retrying(this.#retry, undefined, async () => infoIn(await this.#send(`/${encodeURIComponent(id)}/info`)));
  }

  async head(id: string, signal?: AbortSignal): Promise<FileHead> {
    return retrying(this.#retry, signal, async () => {
      const answer = await this.#send(`/${encodeURIComponent(id)}`, { method: "HEAD", signal });
      await readText(answer); // empty as it is: an answer that is not read to its end keeps its connection and the process
      const { headers } = answer;
      const sha256 = Sha256.safeParse(headers.etag?.replace(/^"(.*)"$/, "$1"));
      const size = Number(headers["content-length"]);
      if (!sha256.success || !Number.isSafeInteger(size)) throw invalid("its headers tell neither size nor hash");
      return { size, sha256: sha256.data, contentType: String(headers["content-type"]) };
    });
  }

  /** No error if it was not there, unless the service is told to be strict. */
  async remove(id: string): Promise<void> {
    await retrying(this.#retry, undefined, async () => {
      (await this.#send(`/${encodeURIComponent(id)}`, { method: "DELETE" })).resume();
    });
  }

  /**
   * Brings a file to `path`, where it appears whole and with the right hash, or not at all. What came before a break
   * lies beside it in `<path>.<id>.part`, also when the process dies; the next call goes on from there.
   */
  async download(id: string, path: string, options: TransferOptions = {}): Promise<FileHead> {
    const file = await this.head(id, options.signal);
    const from = (headers: Readonly<Record<string, string>>) =>
      this.#send(`/${file.sha256}`, { headers, signal: options.signal });
    await download(file, path, from, this.#retry, options);
    return file;
  }

  /** A file's bytes as they come; its ETag is what their SHA-256 should be. */
  read(id: string, signal?: AbortSignal): Promise<IncomingMessage> {
    return retrying(this.#retry, signal, () => this.#send(`/${encodeURIComponent(id)}`, { signal }));
  }

  #send(path: string, request: Partial<HttpRequest> = {}): Promise<IncomingMessage> {
    const headers = { ...this.#headers, ...request.headers };
    const defaults = { service: "data-bank", method: "GET", timeoutMs: this.#timeoutMs, signal: undefined } as const;
    return send(this.#files + path, { ...defaults, ...request, headers });
  }
}

async function infoIn(answer: IncomingMessage): Promise<FileInfo> {
  const text = await readText(answer);
  try {
    return FileInfo.parse(JSON.parse(text));
  } catch (error) {
    throw invalid("its body does not describe a file", error);
  }
}

const invalid = (what: string, cause?: unknown) =>
  new ServiceError("INVALID_ANSWER", `the answer is none of a file service: ${what}`, { cause });
