import { expect, onTestFinished, test, vi } from "vitest";
import { seldom } from "./seldom.js";

test("a text that goes on is passed on once, another by itself, and the first again after a while without it", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const passed: string[] = [];
  const say = seldom(300, (text) => passed.push(text));
  for (const text of ["a", "a", "b", "a", "b"]) say(text);
  expect(passed).toEqual(["a", "b"]);
  vi.advanceTimersByTime(299);
  say("b");
  vi.advanceTimersByTime(1);
  say("a");
  expect(passed).toEqual(["a", "b", "a"]);
});
