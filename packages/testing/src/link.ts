import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server that can be made bad, as networks are. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** One-way delay in milliseconds. */
  delayMs: number;
  /** Probability that a sent piece breaks the connection. */
  resets: number;
  /** Nothing arrives, on old connections and new ones, and neither side notices. */
  silent: boolean;
  /** Existing connections are dead from here on, and neither side notices; new ones work. */
  forget(): void;
}

/** @param random numbers from 0 to 1: what is reset */
export async function startLink(port: number, random: () => number = Math.random): Promise<Link> {
  const sockets = new Set<Socket>();
  let forgotten = new WeakSet<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (piece) => {
        if (random() < link.resets) near.resetAndDestroy();
        setTimeout(() => {
          if (!link.silent && !forgotten.has(from)) to.write(piece);
        }, link.delayMs);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a socket without a port");
  const link: Link = {
    port: address.port,
    delayMs: 0,
    resets: 0,
    silent: false,
    forget: () => (forgotten = new WeakSet(sockets)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
  return link;
}
