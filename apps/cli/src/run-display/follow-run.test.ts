import type { RunEvent } from "@trainer/training";
import { expect, test } from "vitest";
import { evalEvent, result, startEvent, stepEvent } from "../../test/events.js";
import { testIo } from "../../test/screen.js";
import { output } from "../display/output.js";
import { followRun } from "./follow-run.js";

const tokenizer = { type: "tokenizer", phase: "ready", progress: 1, tokenizerId: "t", vocabSize: 9 } as const;
const part = { documents: 1, tokens: 4, bytes: 4, asked: null, share: null, lost_bytes: null, unknown_tokens: null };
const counts = { train: part, validation: part, test: part };
const encoded = { type: "data", phase: "ready", counts, cached: false, specialTokens: 0 } as const;
const checkpoint = { type: "checkpoint", step: 1, path: "/c", bytes: 1, best: false, seconds: 1 } as const;

/** Output of a run that is stopped after these events. */
async function stopped(...events: readonly RunEvent[]): Promise<string> {
  const stop = new AbortController();
  const io = testIo({ interruptible: (body) => body(stop.signal) });
  const run = followRun(
    { home: "/h", flags: " --home /h", io, out: output(io, { json: false, quiet: false }) },
    ({ onEvent }) => {
      for (const event of events) onEvent(event);
      stop.abort(new Error("somebody asked"));
      return Promise.resolve({ ...result, status: "interrupted", steps: 0 });
    },
  );
  await expect(run).rejects.toThrow("somebody asked");
  return io.stderr.text;
}

test("a run that is stopped tells what is kept of it, and how it goes on", async () => {
  expect(await stopped()).toMatch(/^Stopping\. Once more/m);
  expect(await stopped()).toContain("Stopped before the first step; nothing is kept. To begin it again:");
  expect(await stopped(tokenizer)).toContain("its tokenizer is kept.");
  expect(await stopped(tokenizer, encoded)).toContain("its tokenizer and its encoded text are kept.");
  const saved = await stopped(startEvent, stepEvent(1, 8), checkpoint);
  expect(saved).toContain("Stopping after this step, and saving. Once more");
  expect(saved).toMatch(/all is saved\. To go on:\n {2}trainer resume r1 --home \/h$/m);
});

/** Output of a run that ends after these events. */
async function ended(json: boolean, fields: object, ...events: readonly RunEvent[]): Promise<string> {
  const io = testIo();
  await followRun({ home: "/h", flags: " --home /h", io, out: output(io, { json, quiet: true }) }, ({ onEvent }) => {
    for (const event of events) onEvent(event);
    return Promise.resolve({ ...result, path: "/nowhere", ...fields });
  });
  return io.stdout.text;
}

test("a logged step has the loss of the last validation, if there was one", async () => {
  const text = await ended(true, {}, startEvent, stepEvent(1, 8), evalEvent(1, 6.5, true), stepEvent(2, 7));
  expect(text).toMatch(/"step":1,.*"val_loss":null/);
  expect(text).toMatch(/"step":2,.*"val_loss":6.5/);
});

test("to go on is proposed of a run whose loss still falls, unless it stopped early", async () => {
  const falling = [startEvent, ...[8, 7, 6, 5].map((loss, step) => stepEvent(step + 1, loss))];
  expect(await ended(false, { earlyStopped: true }, ...falling)).not.toContain("trainer resume");
  expect(await ended(false, { steps: 4 }, ...falling)).toMatch(/\n {2}trainer resume \S+ --max-steps 8 --home \/h\n/);
});

test("a run that fails ends with its error", async () => {
  const io = testIo();
  const run = followRun({ home: "/h", flags: " --home /h", io, out: output(io, { json: false, quiet: true }) }, () =>
    Promise.reject(new Error("no room")),
  );
  await expect(run).rejects.toThrow("no room");
});
