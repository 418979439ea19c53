import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { LogFile } from "./log-file.js";

test("a log goes on where it was, and turns over when it is full: two files at most", () => {
  const path = join(scratchPath("log"), "logs", "part.log");
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

test("where a log cannot turn over it goes on as it was, and closes and writes into no file of others", () => {
  const path = join(scratchPath("log"), "logs", "part.log");
  using log = new LogFile(path, 8);
  mkdirSync(join(`${path}.1`, "in-the-way"), { recursive: true });
  log.write("the first");
  const others = join(path, "..", "others.json");
  const file = openSync(others, "w"); // gets the next number that is free
  log.write("the second");
  writeSync(file, "{}");
  expect(() => closeSync(file)).not.toThrow();
  expect(readFileSync(others, "utf8")).toBe("{}");
  expect(readFileSync(path, "utf8")).toBe("the first\nthe second\n");
  rmSync(`${path}.1`, { recursive: true });
  log.write("the third");
  log.write("4");
  expect(readFileSync(path, "utf8")).toBe("4\n");
});

test("a log whose folder was removed makes it again when it turns over", () => {
  const path = join(scratchPath("log"), "logs", "part.log");
  using log = new LogFile(path, 8);
  rmSync(dirname(path), { recursive: true });
  log.write("to nowhere");
  log.write("seen");
  expect(readFileSync(path, "utf8")).toBe("seen\n");
});
