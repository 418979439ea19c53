import { expect, test } from "vitest";
import { sourceNames } from "./source-names.js";

test("a text is called by the end of its path, and by all of it where two would be called the same", () => {
  expect(sourceNames(["/a/own/", "wiki.txt"])).toEqual(["own", "wiki.txt"]);
  expect(sourceNames(["/a/own", "/b/own", "/"])).toEqual(["/a/own", "/b/own", "/"]);
});
