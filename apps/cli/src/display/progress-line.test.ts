import { expect, test } from "vitest";
import { testIo, type TestIoOptions } from "../../test/screen.js";
import { output } from "./output.js";
import { ProgressLine } from "./progress-line.js";

function line(options: TestIoOptions, quiet = false) {
  const io = testIo(options);
  const clock = { now: 0 };
  return { io, clock, progress: new ProgressLine(io, output(io, { json: false, quiet }), () => clock.now) };
}

test("a pipe gets a line each quarter, from the start of each piece of work", () => {
  const { io, progress } = line({});
  for (let i = 0; i <= 100; i++) progress.update("counting", i / 100);
  progress.update("merging", 0.6);
  progress.clear();
  expect(io.stderr.text.split("\n")).toEqual([
    "counting: 0 %",
    "counting: 25 %",
    "counting: 50 %",
    "counting: 75 %",
    "counting: 100 %",
    "merging: 60 %",
    "",
  ]);
});

test("a terminal gets a bar with the time left, at most ten times a second, and no trace of it at the end", () => {
  const { io, clock, progress } = line({ tty: true });
  progress.update("counting", 0);
  clock.now = 50;
  progress.update("counting", 0.1);
  clock.now = 4000;
  progress.update("counting", 0.25);
  progress.clear();
  progress.clear();
  expect(io.stderr.writes).toHaveLength(3);
  expect(io.stderr.writes[0]).toContain(" 0 %  counting\u001B[K");
  expect(io.stderr.writes[1]).toContain(" 25 %  counting  12 s left");
  expect(io.stderr.writes[2]).toBe("\r\u001B[1A\u001B[J");
});

test("--quiet shows nothing", () => {
  const { io, progress } = line({ tty: true }, true);
  progress.update("counting", 0.5);
  progress.clear();
  expect(io.stderr.text).toBe("");
});
