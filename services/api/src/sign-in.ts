import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { KeySet } from "@trainer/platform/http";

/**
 * Name of the cookie, with a mark of its key behind it: browsers do not tell the ports of a host apart in cookies, and
 * signing in at one system of a machine is to leave the others signed in. An earlier version's name has none.
 */
const NAME = "trainer_key";
const MARK_LENGTH = 8;
const MAX_AGE_SEC = 30 * 24 * 3600;
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict";

/**
 * Cookies that stand for API keys in a browser. A cookie is an HMAC by its key: it survives restarts, ends with its
 * key, and does not tell it.
 */
export class SignIn {
  readonly #tokens: KeySet;
  /** Set-Cookie that forgets what the browser was signed in by here. */
  readonly signedOut: readonly string[];

  constructor(keys: readonly string[]) {
    this.#tokens = new KeySet(keys.map(tokenOf));
    this.signedOut = [NAME, ...keys.map(nameOf)].map((name) => `${name}=; Max-Age=0; ${ATTRIBUTES}`);
  }

  /** True if a request's Cookie header has the token of a key. */
  has(cookies: string | undefined): boolean {
    const values = (cookies ?? "").split(";").flatMap((each) => {
      const [name, value = ""] = each.trim().split("=");
      return name?.startsWith(NAME) ? [value] : [];
    });
    return values.some((value) => this.#tokens.has(value));
  }

  /** Set-Cookie of a key; the answer to a request that came by HTTPS has it sent by HTTPS alone. */
  cookie(key: string, headers: IncomingHttpHeaders): string {
    return `${nameOf(key)}=${tokenOf(key)}; Max-Age=${MAX_AGE_SEC}; ${ATTRIBUTES}${isHttps(headers) ? "; Secure" : ""}`;
  }
}

/** TLS ends before this service: the page's origin says so, or the proxy, where a browser sends no origin. */
const isHttps = ({ origin = "", "x-forwarded-proto": forwarded = "" }: IncomingHttpHeaders): boolean =>
  origin.startsWith("https:") || String(forwarded).startsWith("https");

const macOf = (key: string, text: string): string => createHmac("sha256", key).update(text).digest("base64url");
const tokenOf = (key: string): string => macOf(key, "trainer sign-in");
const nameOf = (key: string): string => `${NAME}_${macOf(key, "trainer cookie").slice(0, MARK_LENGTH)}`;
