import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { atPortOrAnother, freePort } from "./ports.js";

const host = "127.0.0.1";

async function listen(port: number) {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  return { [Symbol.dispose]: () => void server.close() };
}

test("what is free is taken", async () => {
  const port = await freePort();
  expect(await atPortOrAnother({ host, port }, async (at) => at)).toBe(port);
});

test("what is taken, or is taken meanwhile, is left, and any other will do", async () => {
  const port = await freePort();
  {
    using _ = await listen(port);
    expect(await atPortOrAnother({ host, port }, async (at) => at)).toBe(0);
  }
  const asked: number[] = [];
  let other: Disposable | undefined;
  const quicker = async (at: number) => {
    asked.push(at);
    if (at === 0) return "up";
    other = await listen(port);
    throw new Error("in use");
  };
  expect(await atPortOrAnother({ host, port }, quicker)).toBe("up");
  expect(asked).toEqual([port, 0]);
  other?.[Symbol.dispose]();
});

test("another failure is told, and not tried again", async () => {
  const port = await freePort();
  const asked: number[] = [];
  const failing = async (at: number) => {
    asked.push(at);
    throw new Error("no disk");
  };
  await expect(atPortOrAnother({ host, port }, failing)).rejects.toThrow("no disk");
  expect(asked).toEqual([port]);
  await expect(atPortOrAnother({ host: "203.0.113.1", port }, failing)).rejects.toThrow("EADDRNOTAVAIL");
});
