import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

/** A service with a test's answers. */
export async function saying(answer: (req: IncomingMessage, res: ServerResponse, nth: number) => void) {
  let count = 0;
  const server = createServer((req, res) => {
    req.resume().once("end", () => answer(req, res, count++));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
