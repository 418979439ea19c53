import { once } from "node:events";
import { request } from "node:http";
import { openHome, openModel } from "@trainer/training";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { answer, type Form } from "../src/answer.js";
import type { Writing } from "../src/completion.js";
import { Room } from "../src/room.js";
import { TINY } from "./serve-tiny.js";

const FORM: Form<never> = {
  prefix: "x",
  object: "x",
  pieces: "x",
  choice: () => ({}),
  begin: () => null,
  piece: () => ({}),
};

test("a client that has gone before anything is written for it leaves its room to others", async () => {
  using opened = await openModel(TINY, { home: openHome("none"), device: "cpu" });
  const model = { id: "tiny", created: 0, opened };
  const room = new Room(1);
  const writing: Writing<never> = {
    promptTokens: 0,
    count: 1,
    async *parts(signal) {
      await once(signal, "abort");
      yield* [];
    },
  };
  await using app = Object.assign(fastify(), {
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  });
  let isAsked = false;
  app.post("/", async (_, reply) => {
    await once(reply.raw, "close");
    isAsked = true;
    return await answer(FORM, writing, { model, asked: { stream: true }, room, reply });
  });
  const url = await app.listen({ port: 0 });
  const client = request(url, { method: "POST" }).on("error", () => {});
  client.end();
  client.once("socket", (socket) => socket.once("connect", () => setTimeout(() => client.destroy(), 50)));
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
