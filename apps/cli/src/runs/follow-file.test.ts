import { appendFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { followFile } from "./follow-file.js";

const file = (name: string) => join(scratchPath("follow"), name);
async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of lines) seen.push(line);
  return seen;
}
const never = new AbortController().signal;

test("lines come as they are written, each whole, though a character is cut in two, and the last without its end", async () => {
  const path = file("a.jsonl");
  const [half, rest] = [Buffer.from("second é").subarray(0, -1), Buffer.from("second é").subarray(-1)];
  const writes = [() => writeFile(path, "first\n"), () => appendFile(path, half), () => appendFile(path, rest)];
  const ended = async () => {
    await writes.shift()?.(); // before the file is looked into
    return writes.length === 0;
  };
  expect(await all(followFile(path, { ended, signal: never, everyMs: 1 }))).toEqual(["first", "second é"]);
});

test("it can begin further on, and a file that is not there has no lines", async () => {
  const path = file("b.jsonl");
  await writeFile(path, "one\ntwo\n");
  const ended = () => Promise.resolve(true);
  expect(await all(followFile(path, { from: 4, ended, signal: never }))).toEqual(["two"]);
  expect(await all(followFile(file("none"), { ended, signal: never }))).toEqual([]);
  await expect(all(followFile(tmpdir(), { ended, signal: never }))).rejects.toThrow("EISDIR");
});

test("it stops when it is told to", async () => {
  const stop = new AbortController();
  const ended = () => Promise.resolve(stop.abort(new Error("enough")) !== undefined);
  await expect(all(followFile(file("c"), { ended, signal: stop.signal }))).rejects.toThrow(/abort/i);
});
