import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Deadline } from "./deadline.js";

test("a limit passes where there is no progress, and not before it", async () => {
  const began = performance.now();
  using deadline = new Deadline(100);
  const alive = setInterval(() => {}, 1000); // the limit alone keeps no process alive
  await once(deadline.signal, "abort");
  clearInterval(alive);
  expect(performance.now() - began).toBeGreaterThan(95);
});

test("it begins anew with each sign of progress, and is over when it is disposed of", async () => {
  const deadline = new Deadline(800);
  for (let i = 0; i < 10; i++) {
    await sleep(100);
    deadline.renew();
  }
  expect(deadline.signal.aborted).toBe(false);
  deadline[Symbol.dispose]();
  await sleep(900);
  expect(deadline.signal.aborted).toBe(false);
});
