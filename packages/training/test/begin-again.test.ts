import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryName } from "@trainer/disk";
import { containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, train, type RunEvent } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChild } from "./children.js";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
let whole: ReturnType<typeof outcome>;
const run = (id: string) => join(home, "models", id);
const options = { ...tiny, maxSteps: 4, evaluate: false };
const manifestOf = (id: string) => readManifest(join(run(id), "manifest.json"));

beforeAll(async () => {
  home = scratchPath("begin-again");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options, corpus, runId: "whole" }, { home });
  whole = outcome(run("whole"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** A run that fails in its second megabyte: its corpus has a line that is no JSON. */
async function failed(id: string): Promise<string> {
  const text = readFileSync(corpus, "utf8");
  const lines = text.trim().split("\n");
  const records = lines.map((line) => JSON.stringify({ text: line }));
  const file = join(home, `${id}.jsonl`);
  const padding = `${JSON.stringify({ text: lines[0], padding: "-".repeat(1 << 20) })}\n`;
  writeFileSync(file, `${padding}{"text": bad\n`);
  await expect(train({ ...options, corpus: file, runId: id }, { home })).rejects.toThrow(`${id}.jsonl:2: not JSON`);
  expect(await manifestOf(id)).toMatchObject({ status: "failed", steps: 0 });
  writeFileSync(file, `${records.join("\n")}\n`);
  return file;
}

test("a run that failed before it saved anything is resumed once its text is mended", async () => {
  await failed("mended");
  expect(await resume("mended", { home })).toMatchObject({ status: "completed", steps: 4 });
  expect(outcome(run("mended"))).toEqual(whole);
});

test("it can be begun with the same id as well, on another text and with other options", async () => {
  await failed("again");
  writeFileSync(join(run("again"), "tokenizer.model"), "what an earlier beginning left");
  await train({ ...options, corpus, runId: "again" }, { home });
  expect(outcome(run("again"))).toEqual(whole);
  expect(existsSync(join(run("again"), "tokenizer.model"))).toBe(false);
  expect(readFileSync(join(run("again"), "logs.jsonl"), "utf8")).toContain("not JSON"); // earlier records stay
});

test("so can a run whose loss became NaN, with a lower rate", async () => {
  const diverging = { ...options, optimizer: "sgd", gradientClipping: 0, evalEvery: 0 } as const;
  await expect(train({ ...diverging, learningRate: 1e38, corpus, runId: "nan" }, { home })).rejects.toMatchObject({
    code: "TRAINING_NAN_LOSS",
  });
  expect(await train({ ...diverging, corpus, runId: "nan" }, { home })).toMatchObject({ status: "completed" });
});

test("and one that was killed before its first checkpoint, but not while it goes on", async () => {
  const unsaved = { maxSteps: 1_000_000, evalEvery: 1_000_000 }; // no validation, so that nothing is the best yet
  const child = startChild(home, { options: { ...options, ...unsaved, corpus, runId: "killed" } });
  await child.until((e) => e.type === "step");
  const again = () => train({ ...options, corpus, runId: "killed" }, { home });
  await expect(again()).rejects.toThrow("is being trained by process");
  child.process.kill("SIGKILL");
  await child.ended;
  await again();
  expect(outcome(run("killed"))).toEqual(whole);
});

test("what was saved is not begun anew", async () => {
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && stop.abort();
  await train({ ...options, corpus, runId: "saved" }, { home, onEvent, signal: stop.signal });
  const before = await manifestOf("saved");
  await expect(train({ ...options, corpus, runId: "saved" }, { home })).rejects.toMatchObject({
    code: "CONFLICT",
    message: containing("resume it, or choose another run id"),
  });
  expect(await manifestOf("saved")).toEqual(before);
  const half = temporaryName(join(run("saved"), "model.safetensors")); // of a writer that was killed days ago
  writeFileSync(half, "half");
  utimesSync(half, 0, 0);
  await resume("saved", { home });
  expect(outcome(run("saved"))).toEqual(whole);
  expect(existsSync(half)).toBe(false);
});

test.each([
  ["a single word", "word", {}, "too little text to split"],
  ["a line that is no JSON", '{"text": bad\n', {}, "not JSON"],
  ["nothing to train on", "a b c\n".repeat(99), { holdoutFraction: 0.5, testSplitRatio: 0.5 }, "nothing is left"],
])("%s is refused before there is a run", async (name, text, extra, message) => {
  const file = join(home, name.includes("JSON") ? "bad.jsonl" : "bad.txt");
  writeFileSync(file, text);
  await expect(train({ ...options, ...extra, corpus: file, runId: "refused" }, { home })).rejects.toMatchObject({
    failureClass: "USER_INPUT",
    message: containing(message),
  });
  expect(existsSync(run("refused"))).toBe(false);
});

test.runIf(existsSync("/proc/self"))("a home where nothing can be made is refused, below /proc too", async () => {
  const started = train({ ...options, corpus, runId: "nowhere" }, { home: "/proc/nowhere" });
  await expect(started).rejects.toMatchObject({ name: "TrainingError", message: containing("/proc") });
});
