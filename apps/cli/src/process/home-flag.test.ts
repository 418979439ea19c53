import { expect, test } from "vitest";
import { placeFlags, shellWord } from "./home-flag.js";

test("the default home needs no flag, and plugins are named again", () => {
  expect(placeFlags({ home: "./runs", plugin: [] })).toBe("");
  expect(placeFlags({ home: "/data/runs", plugin: [] })).toBe(" --home /data/runs");
  expect(placeFlags({ home: "my runs", plugin: ["./a", "b c"] })).toBe(" --home 'my runs' --plugin ./a --plugin 'b c'");
});

test("a word with spaces or quotes is quoted for a shell", () => {
  expect(shellWord("it's here")).toBe(String.raw`'it'\''s here'`);
});
