import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { AnswersFile, answersFileBytes } from "./answers-file.js";

const record = { key: "k", bytes: 6 };
const answer = (i: number) => Uint8Array.of(i, 1, 2, 3, 4, 5);
const open = (path: string, warnings: string[] = [], of = record) =>
  new AnswersFile(path, of, (message) => warnings.push(message));
/** Numbers of the answers that are there. */
const there = (file: AnswersFile, count = 5): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => {
    const found = file.place(i).read();
    if (found !== null) expect([...found]).toEqual([...answer(i)]);
    return found !== null;
  });

test("answers are found again at their places, in any order and in a file that two write at once", async () => {
  await using folder = await scratch("answers");
  const path = join(folder.path, "answers");
  const warnings: string[] = [];
  {
    using one = open(path, warnings);
    using other = open(path, warnings);
    expect(there(one)).toEqual([]);
    for (const i of [3, 0]) one.place(i).write(answer(i));
    for (const i of [0, 1]) other.place(i).write(answer(i));
    expect(there(one)).toEqual([0, 1, 3]);
    expect(one.bytesOnDisk).toBe(other.bytesOnDisk);
  }
  using again = open(path, warnings);
  expect(there(again)).toEqual([0, 1, 3]);
  expect(readFileSync(path)).toHaveLength(answersFileBytes(4, record.bytes));
  expect(warnings).toEqual([]);
});

test("a byte that has changed, an end that is cut off and records of others are never taken for answers", async () => {
  await using folder = await scratch("answers");
  const path = join(folder.path, "answers");
  {
    using file = open(path);
    for (let i = 0; i < 3; i++) file.place(i).write(answer(i));
  }
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at++) {
    const broken = Buffer.from(whole);
    broken.writeUInt8(whole.readUInt8(at) ^ 0x10, at);
    writeFileSync(path, broken);
    const warnings: string[] = [];
    using file = open(path, warnings);
    const spoilt = Math.floor(at / answersFileBytes(1, record.bytes));
    expect([at, there(file)]).toEqual([at, [0, 1, 2].filter((i) => i !== spoilt)]);
    there(file);
    expect(warnings).toEqual(["some of the teacher's answers that were kept are damaged: it is asked again"]);
    file.place(spoilt).write(answer(spoilt));
    expect(there(file)).toEqual([0, 1, 2]);
  }
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(path, whole);
    truncateSync(path, size);
    using file = open(path);
    expect(there(file)).toHaveLength(Math.floor(size / answersFileBytes(1, record.bytes)));
  }
  writeFileSync(path, whole);
  using others = open(path, [], { ...record, key: "l" });
  expect(there(others)).toEqual([]);
  writeFileSync(path, whole.subarray(answersFileBytes(1, record.bytes))); // each at another's place
  expect(there(others)).toEqual([]);
});

test("a disk that fails is told once for each way, and costs answers only", () => {
  const warnings: string[] = [];
  using full = open("/dev/full", warnings);
  full.place(0).write(answer(0));
  full.place(1).write(answer(1));
  expect(full.place(0).read()).toBeNull(); // it reads as zeros
  expect(warnings).toEqual([matching(/^the teacher's answers cannot be kept any more.*ENOSPC/)]);
  using unreadable = open("/proc/self/mem", warnings);
  for (let i = 0; i < 2; i++) expect(unreadable.place(i).read()).toBeNull();
  expect(warnings.slice(1)).toEqual([matching(/^the teacher's answers cannot be read any more.*EIO/)]);
});
