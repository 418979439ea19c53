import { expect, test } from "vitest";
import { homeFlag, shellWord } from "./home-flag.js";

test("the default home needs no flag", () => {
  expect(homeFlag("./runs")).toBe("");
  expect(homeFlag("/data/runs")).toBe(" --home /data/runs");
});

test("a word with spaces or quotes is quoted for a shell", () => {
  expect(shellWord("it's here")).toBe(String.raw`'it'\''s here'`);
});
