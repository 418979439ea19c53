import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { z } from "zod";

/** An address on this machine that leads on to another one, once. */
export interface OneTimeAddress extends Disposable {
  readonly url: string;
  /** Resolves once somebody has come. */
  readonly used: Promise<unknown>;
}

/**
 * Makes an address that leads on to `target`, which has a secret: what a browser is started with can be read by all
 * users of the machine for as long as it runs, and this is of no use to them once the browser has come.
 */
export async function oneTimeAddress(target: string): Promise<OneTimeAddress> {
  const path = `/${randomBytes(24).toString("hex")}`;
  let isUsed = false;
  const arrived = new AbortController();
  const server = createServer({ keepAlive: false }, (request, response) => {
    response.setHeader("cache-control", "no-store").setHeader("referrer-policy", "no-referrer");
    if (request.method !== "GET" || request.url !== path) response.writeHead(404).end();
    else if (isUsed) response.writeHead(410, { "content-type": "text/plain" }).end(USED);
    else {
      isUsed = true;
      response.once("close", () => arrived.abort());
      response.writeHead(303, { location: target }).end();
    }
  });
  const used = once(arrived.signal, "abort");
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}${path}`,
    used,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const USED = "This address was used already. If that was not you, somebody else on this machine was quicker.\n";
