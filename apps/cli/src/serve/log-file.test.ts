import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { LogFile } from "./log-file.js";

test("a log goes on where it was, and turns over when it is full: two files at most", () => {
  const path = join(scratch("log"), "logs", "part.log");
  for (const word of ["one", "two"]) {
    using log = new LogFile(path, 8);
    log.write(word);
  }
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  using log = new LogFile(path, 8);
  log.write("three");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("one\ntwo\nthree\n");
  log.write("four");
  expect(readFileSync(path, "utf8")).toBe("four\n");
  expect(readdirSync(join(path, "..")).toSorted()).toEqual(["part.log", "part.log.1"]);
});

test("on a full disk, whoever logs goes on", () => {
  using log = new LogFile("/dev/full");
  expect(() => log.write("lost")).not.toThrow();
});
