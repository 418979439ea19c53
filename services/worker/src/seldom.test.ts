import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { seldom } from "./seldom.js";

test("a text that goes on is passed on once, another by itself, and the first again after a while without it", async () => {
  const passed: string[] = [];
  const say = seldom(300, (text) => passed.push(text));
  for (const text of ["a", "a", "b", "a", "b"]) say(text);
  expect(passed).toEqual(["a", "b"]);
  await setTimeout(350);
  say("a");
  expect(passed).toEqual(["a", "b", "a"]);
});
