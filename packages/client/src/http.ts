import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import { withoutCredentials } from "@trainer/platform";
import { z } from "zod";
import { retryAfterMs } from "./retry-after.js";
import { ServiceError, type Service } from "./service-error.js";

export interface HttpRequest {
  /** The service of the request, named in its errors. */
  readonly service: Service;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
  /** Longest silence on the connection. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Statuses from 300 on that are answers all the same. */
  readonly accepts?: readonly number[];
}

/** The most characters of a refusal that are read. */
const REFUSAL_LENGTH = 1 << 20;

/**
 * Sends a request and gives the answer once its head is there. An answer may come before the body is sent: a refusal.
 * No redirect is followed: the key and what is sent are for the address that was given, and for no other.
 * @throws ServiceError UNREACHABLE, TIMEOUT, REDIRECTED, or the refusal, for every status from 400 on that is no answer
 */
export async function send(url: string, request: HttpRequest): Promise<http.IncomingMessage> {
  const answer = await head(url, request);
  const { statusCode = 0, headers } = answer;
  if ((statusCode >= 200 && statusCode < 300) || request.accepts?.includes(statusCode) === true) return answer;
  if (statusCode < 400) {
    answer.destroy();
    const message = `${withoutCredentials(url)} redirects to ${headers.location}, which is not followed: name that address, if it is the right one`;
    throw new ServiceError("REDIRECTED", message, { service: request.service });
  }
  const text = await readText(answer, REFUSAL_LENGTH);
  answer.destroy(); // no use in sending the rest
  const requestId = [headers["x-request-id"]].flat()[0];
  throw refusal(request.service, statusCode, text, { requestId, retryAfterMs: retryAfterMs(headers) });
}

function head(url: string, request: HttpRequest): Promise<http.IncomingMessage> {
  const { service, method, headers, body, timeoutMs, signal } = request;
  const protocol = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const options = { method, headers, timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const req = protocol.request(url, options, resolve);
    const shown = withoutCredentials(url);
    const late = `${shown} did not answer for ${timeoutMs} ms`;
    req.once("timeout", () => req.destroy(new ServiceError("TIMEOUT", late, { service })));
    req.once("error", (error) => reject(lost(shown, error, service)));
    if (body === undefined) req.end();
    else pipeline(body, req).catch((error: unknown) => reject(lost(shown, error, service)));
  });
}

/**
 * An answer's body, as text.
 * @throws ServiceError UNREACHABLE if it breaks off, INVALID_ANSWER if it is longer than `most` characters
 */
export async function readText(answer: http.IncomingMessage, most: number): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const piece of chunks(answer)) {
    text += String(piece);
    if (text.length > most) throw new ServiceError("INVALID_ANSWER", `an answer has more than ${most} characters`);
  }
  return text;
}

/** An answer's body. @throws ServiceError UNREACHABLE if it breaks off */
export async function* chunks(answer: http.IncomingMessage): AsyncGenerator<Buffer> {
  const source: AsyncIterable<Buffer> = answer;
  try {
    yield* source;
  } catch (error) {
    throw lost("the rest of an answer", error);
  }
}

/** Maps an error of a request; aborts and errors of this side are returned unchanged. */
export function lost(what: string, error: unknown, service?: Service): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError || error.name === "AbortError") return error;
  const { code }: NodeJS.ErrnoException = error;
  if (!ON_THE_WAY.has(String(code))) return error;
  return new ServiceError("UNREACHABLE", `${what} cannot be reached (${code})`, {
    cause: error,
    ...(service === undefined ? {} : { service }),
  });
}

const ON_THE_WAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

const words = z.string().min(1).optional().catch(undefined);
const Refusal = z.object({ code: words, message: words, detail: words, error: words }).catch({});

/** The service's own words: in `message`, and elsewhere in older ones. */
export function refusal(
  service: Service,
  status: number,
  body: string,
  about: { readonly requestId?: string | undefined; readonly retryAfterMs?: number | null } = {},
): ServiceError {
  const { code, message, detail, error } = Refusal.parse(parsed(body));
  const text = message ?? detail ?? error ?? `HTTP ${status}`;
  return new ServiceError(code ?? `HTTP_${status}`, text, { service, status, ...about });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
