import { once } from "node:events";
import { request } from "node:http";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { answer, type Form } from "../src/answer.js";
import { Room } from "../src/room.js";

const FORM: Form<never> = {
  prefix: "x",
  object: "x",
  pieces: "x",
  choice: () => ({}),
  begin: () => null,
  piece: () => ({}),
};

test("a client that has gone before anything is written for it leaves its room to others", async () => {
  const room = new Room(1);
  async function* parts(signal: AbortSignal): AsyncGenerator<never> {
    await once(signal, "abort");
    yield* [];
  }
  await using app = Object.assign(fastify(), {
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  });
  let isAsked = false;
  app.post("/", async (_, reply) => {
    client.destroy();
    await once(reply.raw, "close");
    isAsked = true;
    const begin = async (signal: AbortSignal) => ({ promptTokens: 0, parts: parts(signal) });
    return await answer(FORM, { model: { id: "tiny" }, count: 1, begin, stream: true }, room, reply);
  });
  const url = await app.listen({ port: 0 });
  const client = request(url, { method: "POST" }).on("error", () => {});
  client.end();
  await expect.poll(() => isAsked && isFree(room)).toBe(true);
});

/** Whether there is room for one more text of the only one that there is room for. */
function isFree(room: Room): boolean {
  try {
    room.enter(1)();
    return true;
  } catch {
    return false;
  }
}
