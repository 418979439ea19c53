import { isIP } from "node:net";

/** Whether a host, as it stands in a URL or in a configuration, is this machine and no other. */
export const isLoopback = (host: string): boolean =>
  ["localhost", "::1", "[::1]"].includes(host) || (isIP(host) === 4 && host.startsWith("127."));

/**
 * Whether a request comes from a page of another site: a browser on this machine sends such a page's requests here too,
 * under the page's Origin, or, where a name was made to point here, under that name as Host.
 */
export const isForeign = ({
  host,
  origin,
}: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}) => !isLoopback(hostOf(`http://${host}`)) || (origin !== undefined && !isLoopback(hostOf(origin)));

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : "");
