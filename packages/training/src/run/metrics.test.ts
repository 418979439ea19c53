import { appendFileSync, readFileSync } from "node:fs";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import type { EvalMetrics } from "../home/metrics-lines.js";
import { MetricsFile } from "./metrics.js";

const line = (step: number): EvalMetrics => ({
  step,
  epoch: 0,
  tokensSeen: 1,
  split: "validation",
  loss: 1,
  ppl: Math.E,
  bitsPerByte: 2,
});
const stepsIn = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((text) => Number(/"step":(\d+)/.exec(text)?.[1]));

test("a file cut back to a checkpoint reads as if the steps after it had never been", async () => {
  await using dir = await scratch();
  const path = dir.join("metrics.jsonl");
  let bytes = 0;
  {
    using metrics = new MetricsFile(path, 0);
    metrics.write(line(1));
    metrics.write(line(2));
    metrics.sync();
    bytes = metrics.bytes;
    metrics.write(line(3));
  }
  appendFileSync(path, '{"step":4,"epo'); // killed while writing
  using metrics = new MetricsFile(path, bytes);
  metrics.write(line(3));
  expect(stepsIn(path)).toEqual([1, 2, 3]);
});

test("a file that is shorter than the checkpoint says loses no whole line", async () => {
  await using dir = await scratch();
  const path = dir.join("metrics.jsonl");
  appendFileSync(path, '{"step":1}\n{"step":2}\n{"st');
  using metrics = new MetricsFile(path, 1000);
  metrics.write(line(3));
  expect(stepsIn(path)).toEqual([1, 2, 3]);
});

test("a file without a whole line is emptied", async () => {
  await using dir = await scratch();
  const path = dir.join("metrics.jsonl");
  appendFileSync(path, '{"st');
  using metrics = new MetricsFile(path, 1000);
  expect(metrics.bytes).toBe(0);
});
