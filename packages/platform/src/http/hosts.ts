import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { AppError } from "../errors.js";
import { isLoopback } from "../loopback.js";

export interface HostOptions {
  /** The address that the service listens on. */
  readonly bindHost: string;
  /** Further names that it is reached by: those that a proxy passes on. */
  readonly publicHosts: readonly string[];
}

/**
 * The hosts that a service is known by. A page of another site can have a name of its own made to point here, and its
 * visitor's browser then takes this service for that site: what comes under an unknown name is such a request.
 */
export class Hosts {
  readonly #public: ReadonlySet<string>;
  readonly #bindHost: string;
  readonly #isOpen: boolean;

  constructor({ bindHost, publicHosts }: HostOptions) {
    this.#public = new Set(publicHosts.map((name) => name.toLowerCase()));
    this.#bindHost = bindHost.toLowerCase();
    this.#isOpen = !isLoopback(bindHost);
  }

  /**
   * True if the Host of a request is one of these: this machine's own names, the address, the public names; and if
   * other machines are let in, any address and any name without a dot, which public DNS cannot point here.
   */
  isKnown(host: string | undefined): boolean {
    const name = nameOf(`http://${host ?? "."}`);
    if (isLoopback(name) || name === this.#bindHost || this.#public.has(name)) return true;
    return this.#isOpen && (isIP(name.replace(/^\[|\]$/g, "")) > 0 || /^[^.]+$/.test(name));
  }

  /**
   * Refuses what a browser marks as made by a page of another origin, another port of this machine included.
   * @throws AppError FORBIDDEN
   */
  refuseForeign(headers: IncomingHttpHeaders): void {
    if (!this.#isForeign(headers)) return;
    throw new AppError("FORBIDDEN", "without an API key no page of another site is served");
  }

  #isForeign({ host, origin, "sec-fetch-site": site }: IncomingHttpHeaders): boolean {
    if (site === "cross-site" || site === "same-site") return true;
    if (origin === undefined) return false;
    return authorityOf(origin) !== host?.toLowerCase() && !this.#public.has(nameOf(origin));
  }
}

const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : "");
const authorityOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "");
