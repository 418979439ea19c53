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
  /** Longest silence on a connection; 30 s by default. */
  readonly timeoutMs?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Id of the request in the service's log; the service makes one by default. */
  readonly requestId?: string | undefined;
}

export interface Call extends CallOptions {
  readonly method?: HttpRequest["method"];
  /** Sent as JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accepts?: HttpRequest["accepts"];
  /** For requests that must not be repeated after a lost answer. */
  readonly once?: boolean;
}

/** The most characters of an answer: little less than a string can have. */
const ANSWER_LENGTH = 500_000_000;

/** Common parts of all calls: address, key, and retries of transient errors. */
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

  /** @throws ServiceError with the code INVALID_ANSWER if the answer does not fit the schema */
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

/** Parses the answer to a request for `path`. @throws ServiceError INVALID_ANSWER if it does not fit the schema */
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
