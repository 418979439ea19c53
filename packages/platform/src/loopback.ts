import { isIP } from "node:net";

/** Whether a host, as it stands in a URL or in a configuration, is this machine and no other. */
export const isLoopback = (host: string): boolean =>
  ["localhost", "::1", "[::1]"].includes(host) || (isIP(host) === 4 && host.startsWith("127."));
