import { expect, test } from "vitest";
import { style } from "../display/style.js";
import { logLine } from "./log-line.js";

const head = { timestamp: "2026-01-02T03:04:05", level: "INFO", logger: "trainer.run", run_id: "r", service: "s" };
const line = (fields: { message: string; level?: string; [field: string]: unknown }) =>
  logLine({ ...head, instance_id: "vm-1", ...fields }, style(false));

test("a step says its number, loss, perplexity, learning rate, gradient and speed", () => {
  const step = { steps: 1200, loss: 4.25, perplexity: 70.105, lr: 5e-4, grad_norm: 0.5, tokens_per_sec: 38_312 };
  expect(line({ message: "step", event: "run_step", ...step })).toBe(
    "2026-01-02 03:04:05 INFO    step 1,200  loss 4.2500  ppl 70.105  lr 5.00e-4  grad 0.5000  38.3k tokens/s",
  );
});

test("every other record says what happened, and all of its fields", () => {
  expect(line({ message: "checkpoint saved", event: "run_checkpoint", steps: 40, path: "/c", size: 2048 })).toMatch(
    /INFO {4}checkpoint saved {2}step 40 {2}path \/c {2}2\.00 KiB$/,
  );
  expect(line({ message: "data ready", event: "run_data", size: 28_362 })).toMatch(/data ready {2}28,362 tokens$/);
  expect(line({ message: "batch size found", event: "run_batch", size: 96 })).toMatch(/found {2}96 sequences$/);
  expect(line({ message: "test evaluated", split: "test", bits_per_byte: 2.1 })).toMatch(
    /split test {2}2\.1000 bits per byte$/,
  );
  expect(line({ message: "run completed", elapsed_seconds: 187 })).toMatch(/run completed {2}3 min 07 s$/);
});

test("a loss that is no number, and fields that nobody foresaw, are shown too", () => {
  expect(line({ message: "step", event: "run_step", steps: 3, loss: null })).toMatch(/step 3 {2}loss -$/);
  expect(line({ message: "odd", item_id: { a: [1] } })).toMatch(/odd {2}item id \{"a":\[1\]\}$/);
  expect(line({ message: "a\u001B[2Jb", path: "c\u001B[2J" })).not.toContain("\u001B");
});

test("warnings and errors have their colours", () => {
  const paint = (level: string) => logLine({ ...head, level, message: "m" }, style(true));
  expect([paint("WARNING"), paint("ERROR")]).toEqual([
    expect.stringContaining("\u001B[33mWARNING"),
    expect.stringContaining("\u001B[31mERROR"),
  ]);
});
