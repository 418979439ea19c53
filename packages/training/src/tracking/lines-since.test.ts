import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { at as itemAt } from "@trainer/disk";
import { scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { LinesSince } from "./lines-since.js";
import { PointLine } from "./points.js";
import { timesIn } from "./times.js";

const Line = z.object({ n: z.int() });

/** All that can be read now. */
function drain(lines: LinesSince<{ n: number }>): number[] {
  const all: number[] = [];
  for (let read = lines.read(); read !== null; read = lines.read()) {
    all.push(...read.values.map(({ n }) => n));
    lines.place = read.end;
  }
  return all;
}

test("a file that is written in any pieces is read line by line, each once", async () => {
  await using folder = await scratch();
  let file = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (ns, sizes) => {
        const path = folder.join(`${file++}.jsonl`);
        const text = ns.map((n) => `${JSON.stringify({ n })}\n`).join("");
        const lines = new LinesSince(path, Line);
        const read: number[] = drain(lines); // before there is a file
        for (let at = 0, piece = 0; at < text.length; piece++) {
          const size = itemAt(sizes, piece % sizes.length);
          appendFileSync(path, text.slice(at, at + size));
          at += size;
          read.push(...drain(lines));
        }
        expect(read).toEqual(ns);
      },
    ),
    { numRuns: 30 },
  );
});

test("what is no line of its kind is left out, one without end too", async () => {
  await using folder = await scratch();
  const path = folder.join("lines.jsonl");
  const endless = "x".repeat((1 << 20) + 5);
  writeFileSync(path, `{"n":1}\nnull\n{"n":"2"}\n\n{"n":3\n${endless}\n{"n":4}\n{"n":5`);
  const lines = new LinesSince(path, Line);
  expect(drain(lines)).toEqual([1, 4]);
  appendFileSync(path, "}\n");
  expect(drain(lines)).toEqual([5]);
  writeFileSync(path, "");
  expect(drain(lines)).toEqual([]); // cut to less than was read
});

test("a file that cannot be read is an error", async () => {
  await using folder = await scratch();
  mkdirSync(folder.join("folder"));
  writeFileSync(folder.join("file"), "");
  expect(() => new LinesSince(folder.join("file/lines"), Line).read()).toThrow("ENOTDIR");
});

test("figures that are no number, and times that are none, are left out", async () => {
  expect(PointLine.parse({ step: 1, tokens: 2, train_loss: null, lr: 0.1 }).scalars).toEqual(
    new Map([["train/lr", 0.1]]),
  );
  expect(PointLine.parse({ step: 1, tokens: 2, split: "test" })).toMatchObject({ of: "test", scalars: new Map() });
  expect(PointLine.parse({ step: 1, tokens: 2, train_loss: 3, figures: { kd_loss: 2, none: null } }).scalars).toEqual(
    new Map([
      ["train/loss", 3],
      ["train/kd_loss", 2],
    ]),
  );
  await using folder = await scratch();
  const logs = folder.join("logs.jsonl");
  const records = [
    { timestamp: "2026-01-01T00:00:01", event: "run_step", steps: 1 },
    { timestamp: "2026-01-01T00:00:02", event: "run_eval", split: "validation", steps: 1 },
    { timestamp: "2026-01-01T00:00:03", event: "run_sample", steps: 1 },
    { timestamp: "2026-01-01T00:00:04", event: "run_eval", steps: 2 },
    { timestamp: "yesterday", event: "run_step", steps: 2 },
    { timestamp: "2026-01-01T00:00:09", event: "run_step", steps: 1 }, // once more, resumed
  ];
  writeFileSync(logs, records.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const timeOf = timesIn(logs, 5);
  const at = (seconds: number) => Date.UTC(2026, 0, 1) / 1000 + seconds;
  expect([timeOf("step", 1), timeOf("validation", 1), timeOf("sample", 1)]).toEqual([at(9), at(2), at(3)]);
  expect([timeOf("step", 2), timeOf("test", 2)]).toEqual([5, 5]);
});
