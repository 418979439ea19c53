import { isIP } from "node:net";

/** True if a host, as written in a URL or a configuration, is this machine and no other. */
export const isLoopback = (host: string): boolean =>
  ["localhost", "::1", "[::1]"].includes(host) || (isIP(host) === 4 && host.startsWith("127."));
