import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { withoutCredentials } from "@trainer/platform";
import { send, type HttpRequest } from "../http.js";
import { ServiceError } from "../service-error.js";

export interface HubRequest extends Omit<HttpRequest, "method" | "service"> {
  /** Is shown what the hub itself says of a file before anything is followed; may throw. */
  readonly onHead?: (headers: IncomingHttpHeaders) => void;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

/**
 * Sends a GET and follows redirects. The token is for the address that was given: to another origin it does not go, nor
 * from there back. From https none leads to http.
 * @throws ServiceError as `send`; REDIRECTED for a redirect that is not followed; UNREACHABLE for whatever another host
 * refuses, since the hub may send elsewhere the next time
 */
export async function follow(url: string, { onHead = () => {}, ...request }: HubRequest): Promise<IncomingMessage> {
  const hub = new URL(url);
  let at = hub;
  let { headers } = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await sent(at, hub, { ...request, service: "hub", method: "GET", headers, accepts: REDIRECTS });
    try {
      if (redirects === 0) onHead(answer.headers);
      if (!REDIRECTS.includes(Number(answer.statusCode))) return answer;
      const next = target(at, answer.headers.location);
      if (next.origin !== at.origin) headers = withoutToken(headers);
      at = next;
    } catch (error) {
      answer.destroy();
      throw error;
    }
    answer.destroy();
  }
  throw refused(url, `redirects more than ${MOST_REDIRECTS} times`);
}

async function sent(at: URL, hub: URL, request: HttpRequest): Promise<IncomingMessage> {
  try {
    return await send(at.href, request);
  } catch (error) {
    if (at.origin === hub.origin || !(error instanceof ServiceError) || error.status === null) throw error;
    const message = `${at.host}, to which ${hub.host} sends for the file, refuses it: HTTP ${error.status}`;
    const { retryAfterMs } = error;
    throw new ServiceError("UNREACHABLE", message, { cause: error, service: "hub", retryAfterMs });
  }
}

/** Where a redirect leads. @throws ServiceError REDIRECTED where it is not followed */
export function target(from: URL, location: string | undefined): URL {
  const followed = from.protocol === "https:" ? ["https:"] : ["http:", "https:"];
  if (location !== undefined && URL.canParse(location, from.href)) {
    const next = new URL(location, from);
    if (followed.includes(next.protocol)) return next;
  }
  throw refused(from.href, `redirects to ${location ?? "nowhere"}, which is not followed`);
}

const withoutToken = (headers: HttpRequest["headers"]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));

const refused = (url: string, what: string) =>
  new ServiceError("REDIRECTED", `${withoutCredentials(url)} ${what}`, { service: "hub" });
