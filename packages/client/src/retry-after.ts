import type { IncomingHttpHeaders } from "node:http";

/**
 * The time after which a service wants to be asked again: Retry-After in seconds or as a date (RFC 9110), else the seconds
 * that a RateLimit header has till its window ends. Null where neither says.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number = Date.now()): number | null {
  const { "retry-after": after, ratelimit } = headers;
  if (after !== undefined) {
    const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
    if (!Number.isNaN(ms)) return Math.max(0, ms);
  }
  const [, seconds] = /;\s*t=(\d+)/.exec([ratelimit].flat().join()) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
