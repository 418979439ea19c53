import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { logLines, timeOf } from "./log-lines.js";

const record = (more: object) =>
  JSON.stringify({
    timestamp: "2026-11-29T13:47:09",
    level: "INFO",
    logger: "trainer.run",
    message: "step",
    run_id: "r",
    service: "model-trainer",
    instance_id: "vm-1",
    ...more,
  });

test("a record is its message and what else it says, without what is the same on all", () => {
  const [line] = logLines(
    `${record({ event: "run_step", steps: 970, loss: 1.523255705833435, path: "a/b", of: { a: 1 } })}\n`,
  );
  expect(line).toEqual({
    id: 0,
    time: "2026-11-29T13:47:09",
    level: "INFO",
    message: "step",
    details: ["steps 970", "loss 1.5233", "path a/b", 'of {"a":1}'],
  });
});

test("a line that is no record is shown as it is", () => {
  expect(logLines('half a li\n[1]\n\n{"level":"ODD"}')).toEqual([
    { id: 0, time: "", level: "INFO", message: "half a li", details: [] },
    { id: 1, time: "", level: "INFO", message: "[1]", details: [] },
    { id: 2, time: "", level: "INFO", message: "", details: [] },
  ]);
  assert(property(string({ unit: "binary" }), (text) => void logLines(text)));
});

test("a time without a zone is UTC, and what is no time is shown as it is", () => {
  expect(timeOf("2026-11-29T13:47:09")).toBe(timeOf("2026-11-29T13:47:09Z"));
  expect(timeOf("2026-11-29T14:47:09+01:00")).toBe(timeOf("2026-11-29T13:47:09"));
  expect(timeOf("noon")).toBe("noon");
});
