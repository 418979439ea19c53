import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { LinesFile } from "./lines-file.js";

test("lines of any text come back, and the size is that of their bytes", async () => {
  await using dir = await scratch();
  const path = dir.join("samples.jsonl");
  const values = [{ text: "a\nb\u2028\u0000" }, { text: "漢字\uD800" }];
  using file = new LinesFile(path, 0);
  file.append(values);
  file.append([]);
  const text = readFileSync(path);
  expect(file.bytes).toBe(text.length);
  const lines = text.toString().split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(values);
});

test("where there is no room for all of the lines the file stays as it was", async () => {
  await using dir = await scratch();
  const path = dir.join("samples.jsonl");
  using file = new LinesFile(path, 0);
  file.append([{ a: 1 }]);
  const limit = (bytes: string) => execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
  const ignored = () => {}; // a write past the size limit fails with EFBIG instead of ending the process
  process.on("SIGXFSZ", ignored);
  limit("4096");
  try {
    expect(() => file.append([{ a: 2 }, { a: "x".repeat(8000) }])).toThrow("EFBIG");
  } finally {
    limit("unlimited");
    process.off("SIGXFSZ", ignored);
  }
  file.append([{ a: 3 }]);
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"a":3}\n');
});

test("a file cut back to its whole lines goes on after them", async () => {
  await using dir = await scratch();
  const path = dir.join("samples.jsonl");
  appendFileSync(path, '{"a":1}\n{"a":2}\n{"a');
  using file = new LinesFile(path, 12); // within the second line
  file.append([{ a: 3 }]);
  expect(readFileSync(path, "utf8")).toBe('{"a":1}\n{"a":3}\n');
});
