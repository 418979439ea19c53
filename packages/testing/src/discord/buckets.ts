import { Refusal } from "./refusal.js";

export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

interface Window {
  count: number;
  readonly endsAt: number;
}

/** Rate limits by route and main resource, in the headers of every answer; and one for all requests together. */
export class Buckets {
  readonly #windows = new Map<string, Window>();
  readonly #routes: (route: string) => Limit;
  readonly #global: Limit;

  constructor(routes: (route: string) => Limit, global: Limit) {
    this.#routes = routes;
    this.#global = global;
  }

  /** @returns the headers of the answer @throws Refusal 429 */
  take(route: string, resource: string): Record<string, string> {
    const all = this.#count("global", this.#global);
    if (all.left < 0) throw limited(all.resetMs, { "X-RateLimit-Global": "true", "X-RateLimit-Scope": "global" });
    const { limit, windowMs } = this.#routes(route);
    const { left, resetMs } = this.#count(`${route} ${resource}`, { limit, windowMs });
    const headers = {
      "X-RateLimit-Limit": String(limit),
      "X-RateLimit-Remaining": String(Math.max(0, left)),
      "X-RateLimit-Reset": String((Date.now() + resetMs) / 1000),
      "X-RateLimit-Reset-After": String(resetMs / 1000),
      "X-RateLimit-Bucket": Buffer.from(route).toString("hex").slice(0, 32),
    };
    if (left < 0) throw limited(resetMs, { ...headers, "X-RateLimit-Scope": "user" });
    return headers;
  }

  #count(key: string, { limit, windowMs }: Limit): { left: number; resetMs: number } {
    const now = Date.now();
    const current = this.#windows.get(key);
    const window = current === undefined || current.endsAt <= now ? { count: 0, endsAt: now + windowMs } : current;
    this.#windows.set(key, window);
    window.count += 1;
    return { left: limit - window.count, resetMs: window.endsAt - now };
  }
}

export function limited(retryAfterMs: number, headers: Readonly<Record<string, string>> = {}): Refusal {
  const global = headers["X-RateLimit-Global"] === "true";
  const retry_after = retryAfterMs / 1000;
  return new Refusal(
    429,
    0,
    "You are being rate limited.",
    { retry_after, global },
    {
      "Retry-After": String(Math.ceil(retry_after)),
      ...headers,
    },
  );
}
