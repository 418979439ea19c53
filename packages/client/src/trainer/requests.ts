import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { parseJson, toJson } from "@trainer/platform";
import { readText, send, type HttpRequest } from "../http.js";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";

export interface TrainerClientOptions extends Partial<RetryOptions> {
  /** http://host:port, or with a path where a gateway stands before it. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** How long nothing may move on a connection; 30 s if left out. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the service's log calls the request; the service makes one up if it is left out. */
  readonly requestId?: string | undefined;
}

export interface Call extends CallOptions {
  readonly method?: HttpRequest["method"];
  /** Sent as JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accepts?: HttpRequest["accepts"];
  /** For what must not be done twice, should only its answer have been lost. */
  readonly once?: boolean;
}

/** The most characters of an answer: little less than a string can have. */
const ANSWER_LENGTH = 500_000_000;

/** What every call has in common: where, with what key, and that what fails by something that passes is tried again. */
export class Requests {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly retry: RetryOptions;

  constructor({ url, apiKey = "", timeoutMs = 30_000, retries = 3, backoffMs = 500 }: TrainerClientOptions) {
    this.#url = url.replace(/(?<!\/)\/+$/, "");
    this.#headers = apiKey === "" ? {} : { "x-api-key": apiKey };
    this.#timeoutMs = timeoutMs;
    this.retry = { retries, backoffMs };
  }

  /** @throws ServiceError, with the code INVALID_ANSWER where the answer is not what the schema says */
  async json<S extends z.ZodType>(schema: S, path: string, call: Call = {}): Promise<z.output<S>> {
    return parseAnswer(schema, await this.text(path, call), path);
  }

  text(path: string, call: Call = {}): Promise<string> {
    const retry = call.once === true ? { ...this.retry, retries: 0 } : this.retry;
    return retrying(retry, call.signal, async () => readText(await this.send(path, call), ANSWER_LENGTH));
  }

  /** The answer once its head is there; for those that go on. */
  send(path: string, call: Call = {}): Promise<IncomingMessage> {
    const { method = "GET", body, headers = {}, signal, requestId, accepts = [] } = call;
    const json = body === undefined ? null : Buffer.from(toJson(body));
    return send(this.#url + path, {
      service: "trainer",
      method,
      headers: {
        ...this.#headers,
        ...(requestId === undefined ? {} : { "x-request-id": requestId }),
        ...(json === null ? {} : { "content-type": "application/json", "content-length": String(json.length) }),
        ...headers,
      },
      ...(json === null ? {} : { body: oneChunk(json) }),
      timeoutMs: this.#timeoutMs,
      signal,
      accepts,
    });
  }
}

/** What came in answer to a request for `path`. @throws ServiceError INVALID_ANSWER where it is not what the schema says */
export function parseAnswer<S extends z.ZodType>(schema: S, text: string, path: string): z.output<S> {
  try {
    return schema.parse(parseJson(text));
  } catch (error) {
    throw new ServiceError("INVALID_ANSWER", `the answer to ${path} is none of a trainer's API`, { cause: error });
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
