import { expect, test } from "vitest";
import {
  configEvent,
  dataEvent,
  evalEvent,
  openEvent,
  result,
  sampleEvent,
  startEvent,
  stepEvent,
} from "../../test/events.js";
import { testIo, type TestIoOptions } from "../../test/screen.js";
import { output } from "../display/output.js";
import { visibleWidth } from "../display/visible.js";
import { RunDisplay } from "./run-display.js";

function display(options: TestIoOptions, quiet = false) {
  const io = testIo(options);
  const clock = { ms: 0 };
  const out = output(io, { json: false, quiet });
  const shown = new RunDisplay(io, out, {}, () => clock.ms);
  return { io, out, display: shown, clock };
}

const counting = { type: "tokenizer", phase: "count", progress: 0, tokenizerId: "t", vocabSize: null } as const;
const checkpoint = { type: "checkpoint", step: 1, path: "/c", bytes: 1, best: false, seconds: 1 } as const;

test("a pipe gets a line an event", () => {
  const { io, display: shown, clock } = display({});
  shown.show(openEvent(0, 2000));
  shown.show(openEvent(1000, 2000));
  shown.show(configEvent);
  shown.show(counting);
  shown.show({ ...counting, phase: "merge", progress: 0.5 });
  shown.show(dataEvent("hash", 0, 4));
  shown.show(dataEvent("split", 4, 4));
  shown.show(dataEvent("encode", 3, 4));
  shown.show(dataEvent("encode", 0, 0));
  shown.show(stepEvent(1, 8));
  shown.note("Stopping.");
  shown.show({ type: "evaluating", of: "validation", done: 0, batches: 2 });
  shown.show({ type: "evaluating", of: "validation", done: 1, batches: 2 }); // over at once: not worth a line
  shown.show({ type: "evaluating", of: "test", done: 0, batches: 4 });
  clock.ms = 3000;
  shown.show({ type: "evaluating", of: "test", done: 1, batches: 4 });
  shown.show({ type: "completed", result });
  shown.close();
  const lines = io.stderr.text.split("\n");
  expect(lines.slice(0, 2)).toEqual(["looking at the files: 0 %", "looking at the files: 50 %"]);
  expect(lines.slice(5)).toEqual([
    "counting words: 0 %",
    "merging tokens: 50 %",
    "reading the text: 0 %",
    "splitting the text: 100 %",
    "encoding the text: 75 %",
    "encoding the text: 100 %",
    expect.stringMatching(/^step 1\/1,500/),
    "Stopping.",
    "testing: 25 %",
    "",
  ]);
  expect(io.stdout.text).toBe("");
});

test("a terminal gets one block that is drawn over, and lines that stay above it", () => {
  const { io, display: shown } = display({ tty: true });
  shown.show(configEvent);
  shown.show(dataEvent("split", 1, 2));
  shown.show(startEvent);
  shown.show(stepEvent(1, 8));
  const before = io.stderr.writes.length;
  shown.show(stepEvent(2, 7.5));
  shown.show(evalEvent(2, 7, true));
  shown.show(checkpoint);
  const redraws = io.stderr.writes.slice(before);
  expect(redraws).toHaveLength(3);
  expect(redraws.every((write) => write.startsWith("\r\u001B["))).toBe(true);
  shown.note("Stopping.");
  shown.show({ ...evalEvent(2, 7, false), split: "test" });
  shown.close();
  expect(io.stderr.text).toContain("\u001B[JStopping.\n");
  expect(io.stderr.text).toContain("\u001B[Jtest at step 2: loss 7.0000");
  expect(io.stderr.text).not.toContain("checkpoint saved");
  expect(io.stderr.writes.at(-1)?.endsWith("\u001B[J")).toBe(true);
});

test("what the model writes as it trains is a line that stays, cut to the width", () => {
  for (const tty of [false, true]) {
    const { io, out, display: shown } = display({ tty });
    shown.show(sampleEvent(100, "漢".repeat(500)));
    shown.close();
    const line = io.stderr.text.split("\n").find((each) => each.includes("sample at step 100: 漢")) ?? "";
    const width = out.progressScreen.columns();
    expect(visibleWidth(line.slice(line.indexOf("sample")))).toBeLessThan(width);
    expect(visibleWidth(line.slice(line.indexOf("sample")))).toBeGreaterThan(width - 4);
  }
});

test("--quiet shows nothing", () => {
  for (const tty of [false, true]) {
    const { io, display: shown } = display({ tty }, true);
    shown.show(configEvent);
    shown.show(counting);
    shown.show(stepEvent(1, 8));
    shown.note("Stopping.");
    shown.close();
    expect(io.stderr.text).toBe("");
  }
});
