import type { IncomingMessage } from "node:http";
import { headerOf } from "./header.js";

/** The key that a request shows: `Authorization: Bearer …`, or `X-API-Key`; undefined for none. */
export function keyOf(req: Pick<IncomingMessage, "headers">): string | undefined {
  const bearer = /^Bearer +(\S.*)$/i.exec(headerOf(req, "authorization") ?? "")?.[1];
  return bearer ?? headerOf(req, "x-api-key");
}
