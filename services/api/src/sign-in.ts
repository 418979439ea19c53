import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { KeySet } from "@trainer/platform/http";

const NAME = "trainer_key";
const MAX_AGE_SEC = 30 * 24 * 3600;
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict";

/** A cookie that forgets what the browser was signed in by. */
export const SIGNED_OUT = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;

/**
 * Cookies that stand for API keys in a browser. A cookie is an HMAC by its key: it survives restarts, ends with its
 * key, and does not tell it.
 */
export class SignIn {
  readonly #tokens: KeySet;

  constructor(keys: readonly string[]) {
    this.#tokens = new KeySet(keys.map(tokenOf));
  }

  /** True if a request's Cookie header has the token of a key. */
  has(cookies: string | undefined): boolean {
    const values = (cookies ?? "").split(";").flatMap((each) => {
      const [name, value = ""] = each.trim().split("=");
      return name === NAME ? [value] : [];
    });
    return values.some((value) => this.#tokens.has(value));
  }

  /** Set-Cookie of a key; the answer to a request that came by HTTPS has it sent by HTTPS alone. */
  cookie(key: string, headers: IncomingHttpHeaders): string {
    return `${NAME}=${tokenOf(key)}; Max-Age=${MAX_AGE_SEC}; ${ATTRIBUTES}${isHttps(headers) ? "; Secure" : ""}`;
  }
}

/** TLS ends before this service: the page's origin says so, or the proxy, where a browser sends no origin. */
const isHttps = ({ origin = "", "x-forwarded-proto": forwarded = "" }: IncomingHttpHeaders): boolean =>
  origin.startsWith("https:") || String(forwarded).startsWith("https");

const tokenOf = (key: string): string => createHmac("sha256", key).update("trainer sign-in").digest("base64url");
