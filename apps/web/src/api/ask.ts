import { parseJson, toJson } from "@trainer/platform/browser";
import { z } from "zod";

/** An answer of the API that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** True if nothing answered: the service is down, or the network away. */
  get isUnreachable(): boolean {
    return this.status === 0;
  }

  /** True if the same may be answered a little later: nothing answered, or the service failed or was asked too much. */
  get isPassing(): boolean {
    return this.isUnreachable || this.status === 429 || this.status >= 500;
  }
}

export interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as they are, in place of a body. */
  readonly bytes?: Blob;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const Sentence = z.string().min(1).nullable().catch(null);

const Refusal = z
  .object({ code: z.string().catch("UNKNOWN"), message: Sentence, reason: Sentence })
  .catch({ code: "UNKNOWN", message: null, reason: null });

/**
 * Asks the API that serves the pages, and checks its answer.
 * @throws ApiError for every answer that is no success, for none, and for one that is not what `schema` says
 */
export async function ask<S extends z.ZodType>(schema: S, path: string, asked: Asked = {}): Promise<z.output<S>> {
  const text = await askText(path, asked);
  const answer = schema.safeParse(text === "" ? undefined : parsed(text));
  if (answer.success) return answer.data;
  throw unknownAnswer(path);
}

/** For an answer that is not as it should be. */
export const unknownAnswer = (path: string): ApiError =>
  new ApiError(200, "INVALID_ANSWER", `The service answered ${path} in a way that this page does not know.`);

/** The same for an answer that is text. */
export async function askText(path: string, asked: Asked = {}): Promise<string> {
  const answer = await open(path, asked);
  return await reached(answer.text());
}

/** The same for an answer that comes bit by bit: its text as it comes. */
export async function* askPieces(path: string, asked: Asked = {}): AsyncGenerator<string, void, undefined> {
  const { body } = await open(path, asked);
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reached(reader.read());
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => undefined); // it may have broken off
  }
}

/** An answer once its head is there. */
async function open(path: string, { method = "GET", body, bytes, headers, signal }: Asked): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers }, credentials: "same-origin" };
  if (body !== undefined) init.body = toJson(body);
  if (bytes !== undefined) init.body = bytes;
  if (signal !== undefined) init.signal = signal;
  const answer = await reached(fetch(path, init));
  if (answer.ok) return answer;
  const { code, message, reason } = Refusal.parse(parsed(await reached(answer.text())));
  throw new ApiError(answer.status, code, message ?? reason ?? `The service refused this (HTTP ${answer.status}).`);
}

async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "UNREACHABLE", "The service does not answer.");
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

type QueryValue = string | number | boolean | null | undefined;

/** A path with its query; what is undefined, null or "" is left out, and a list is given value by value. */
export function pathTo(path: string, query: Readonly<Record<string, QueryValue | readonly string[]>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((each) => (each === undefined || each === null || each === "" ? [] : [[name, String(each)]])),
  );
  const text = new URLSearchParams(given).toString();
  return text === "" ? path : `${path}?${text}`;
}
