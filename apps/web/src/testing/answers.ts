import { toJson } from "@trainer/platform/browser";
import { vi } from "vitest";

/** A request that a page made. */
export interface Request {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What was sent as JSON. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** What is answered: a value as JSON, a Response as it is; an Error is thrown, as fetch does where nothing answers. */
export type Answer = Json | Response | Error;

/**
 * Puts answers in the place of the API: by `GET /runs` or `/runs` (any method, any query), the longest fit first; a
 * function is called with the request. All else is answered by 404. Gives what was asked, in order.
 */
export function answering(
  answers: Readonly<Record<string, Answer | ((request: Request) => Answer | Promise<Answer>)>>,
): Request[] {
  const asked: Request[] = [];
  const routes = Object.entries(answers).toSorted(([a], [b]) => b.length - a.length);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    init.signal?.throwIfAborted();
    const request = toRequest(path, init);
    asked.push(request);
    const { method } = request;
    const route = routes.find(([name]) => fits(name, `${method} ${path}`) || fits(name, path));
    const answer = typeof route?.[1] === "function" ? await route[1](request) : route?.[1];
    if (answer instanceof Error) throw answer;
    if (answer instanceof Response) return answer.clone();
    return route === undefined ? refusal(404, "NOT_FOUND", `no ${path} here`) : new Response(toJson(answer));
  });
  return asked;
}

const fits = (name: string, asked: string): boolean => asked === name || asked.startsWith(`${name}?`);

const toRequest = (path: string, { method = "GET", body, headers, signal }: RequestInit): Request => ({
  method,
  path,
  body: typeof body === "string" ? JSON.parse(body) : body,
  headers: Object.fromEntries(new Headers(headers)),
  signal: signal ?? undefined,
});

/** A refusal in the API's form. */
export const refusal = (status: number, code: string, message: string): Response =>
  new Response(toJson({ code, message, request_id: "r-1" }), { status });

/** What fetch throws where nothing answers. */
export const nothing = (): Error => new TypeError("Failed to fetch");
