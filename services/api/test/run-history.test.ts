import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MetricsHistory } from "@trainer/platform";
import { startSystem, type System } from "@trainer/testing/api";
import { runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

function newRun(runId: string, more: object = {}) {
  const folder = runFolder(system.root, runId);
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(folder.manifest, JSON.stringify({ ...manifest, run_id: runId, status: "completed", ...more }));
  return folder;
}

const place = (step: number) => ({ step, epoch: 0, tokens: step });
const rest = { train_ppl: 1, lr: 1, grad_norm: 1, tokens_per_sec: 1, step_ms: 1, eta_seconds: 1, rss_bytes: 1 };
const stepLine = (step: number, loss = 1) => `${JSON.stringify({ ...place(step), train_loss: loss, ...rest })}\n`;
const evalLine = (step: number) =>
  `${JSON.stringify({ ...place(step), split: "validation", loss: 1, ppl: 1, bits_per_byte: 1 })}\n`;
const lines = (from: number, to: number, loss?: number) =>
  Array.from({ length: to - from }, (_, i) => stepLine(from + i, loss)).join("");

const history = async (runId: string, query: string) => {
  const { status, json } = await system.ask(`/runs/${runId}/metrics?${query}`);
  expect(status).toBe(200);
  return MetricsHistory.parse(json);
};
const stepsOf = ({ steps }: MetricsHistory) => steps.map(({ step }) => step);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("a range of steps is given exactly where there is room for it, else evenly, with the evaluations in it", async () => {
  const { metrics } = newRun("range", { resumed_from: [100, 150] });
  writeFileSync(
    metrics,
    [lines(1, 101), evalLine(100), "damaged\n", lines(101, 201), evalLine(200), lines(201, 301), evalLine(300)].join(
      "",
    ),
  );
  const part = await history("range", "from=90&to=110&points=100");
  expect(stepsOf(part)).toEqual(upTo(90, 110));
  expect(part).toMatchObject({ total_steps_logged: 301, steps_in_range: 22, resumed_from: [100, 150] });
  expect(part.evaluations.map(({ step }) => step)).toEqual([100]);
  const thin = await history("range", "from=101&to=300&points=5");
  expect(stepsOf(thin)).toEqual([101, 151, 201, 250, 300]);
  expect(thin.evaluations.map(({ step }) => step)).toEqual([200, 300]);
  expect(stepsOf(await history("range", "from=299"))).toEqual([299, 300]);
  expect(stepsOf(await history("range", "to=2"))).toEqual([1, 2]);
  expect(await history("range", "from=301")).toMatchObject({ steps: [], evaluations: [], steps_in_range: 0 });
  expect(await history("range", "from=50&to=40")).toMatchObject({ steps: [], steps_in_range: 0 });
  expect(await history("range", "points=1000")).not.toHaveProperty("steps_in_range");
  for (const query of ["from=-1", "to=x", "from=1.5"])
    expect([query, (await system.ask(`/runs/range/metrics?${query}`)).status]).toEqual([query, 422]);
  writeFileSync(metrics, "damaged\n");
  expect(await history("range", "from=1&to=5")).toMatchObject({ steps: [], total_steps_logged: 1 });
});

test("what a run adds is seen, and so is what a resumed run has cut away and written anew", async () => {
  const { metrics, manifest: path } = newRun("grows");
  writeFileSync(metrics, lines(1, 11));
  expect(stepsOf(await history("grows", ""))).toEqual(upTo(1, 10));
  appendFileSync(metrics, `${lines(11, 21)}{"step":21,"ep`);
  expect(stepsOf(await history("grows", ""))).toEqual(upTo(1, 20));
  expect(stepsOf(await history("grows", ""))).toEqual(upTo(1, 20));
  truncateSync(metrics, Buffer.byteLength(lines(1, 6)));
  expect(stepsOf(await history("grows", ""))).toEqual(upTo(1, 5));
  truncateSync(metrics, Buffer.byteLength(lines(1, 3)));
  appendFileSync(metrics, lines(3, 31, 2)); // longer than before, by the next look
  const anew = await history("grows", "");
  expect(anew.steps.map(({ step, train_loss }) => [step, train_loss])).toEqual(
    upTo(1, 30).map((step) => [step, step < 3 ? 1 : 2]),
  );
  expect(anew).toMatchObject({ resumed_from: [] });
  writeFileSync(path, "{");
  expect(await history("grows", "")).not.toHaveProperty("resumed_from");
});

test("many runs with many steps and lines of any length are read right", async () => {
  for (let i = 0; i < 10; i++) {
    const { metrics } = newRun(`run-${i}`);
    const long = JSON.stringify({ ...place(2501), train_loss: i, ...rest, more: "x".repeat(3 << 20) });
    writeFileSync(metrics, `${lines(1, 2501, i)}${long}\n${lines(2502, 3001, i)}`);
  }
  for (let i = 0; i < 10; i++) {
    const { steps, total_steps_logged } = await history(`run-${i}`, "points=100000");
    expect(total_steps_logged).toBe(3000);
    expect(steps.every(({ step, train_loss }, n) => step === n + 1 && train_loss === i)).toBe(true);
    expect(steps).toHaveLength(3000);
  }
  expect(stepsOf(await history("run-0", "points=3"))).toEqual([1, 1501, 3000]);
});

const record = (n: number, level: string, message: string) => `${JSON.stringify({ n, level, message })}\n`;

test("a log is searched by level and text, from its end, and from where the answer before has ended", async () => {
  const { logs, path } = newRun("logs");
  const levels = ["INFO", "INFO", "WARNING", "INFO", "ERROR"];
  const all = Array.from({ length: 50_000 }, (_, n) =>
    record(n, String(levels[n % 5]), n % 1000 === 7 ? `Überlauf "level":"ERROR" at ${n}` : "step"),
  );
  writeFileSync(logs, `${all.join("")}{"n":"half`);
  const ask = async (query: string) => {
    const { status, text, headers } = await system.ask(`/runs/logs/logs?${query}`);
    expect(status).toBe(200);
    return { text, start: Number(headers["x-log-start"]) };
  };
  const bytesOf = (count: number) => Buffer.byteLength(all.slice(0, count).join(""));
  expect(await ask("tail=2")).toEqual({ text: all.slice(-2).join(""), start: bytesOf(49_998) });
  expect(await ask(`tail=2&before=${bytesOf(10)}`)).toEqual({ text: all.slice(8, 10).join(""), start: bytesOf(8) });
  expect(await ask(`tail=5&before=${bytesOf(2) + 3}`)).toEqual({ text: all.slice(0, 2).join(""), start: 0 });
  expect(await ask("tail=5&before=0")).toEqual({ text: "", start: 0 });
  expect((await ask("tail=3&level=ERROR")).text).toBe([all[49_989], all[49_994], all[49_999]].join(""));
  expect((await ask("tail=3&level=WARNING")).text).toBe([all[49_994], all[49_997], all[49_999]].join(""));
  const found = await ask("tail=30&q=%C3%BCBER");
  const matching = all.filter((_, n) => n % 1000 === 7);
  expect(found).toEqual({ text: matching.slice(-30).join(""), start: bytesOf(20_007) });
  expect(await ask(`tail=100&q=%C3%BCBER&before=${found.start}`)).toEqual({
    text: matching.slice(0, 20).join(""),
    start: 0,
  });
  expect((await ask("tail=10&level=ERROR&q=berlauf")).text).toBe(""); // those are of another level
  expect(await ask("tail=1&q=half")).toEqual({ text: "", start: 0 });
  for (const query of ["level=LOUD", "before=x", `q=${"x".repeat(201)}`])
    expect([query, (await system.ask(`/runs/logs/logs?${query}`)).status]).toEqual([query, 422]);
  writeFileSync(join(path, "logs.jsonl"), `${"x".repeat(3 << 20)}\n${record(1, "INFO", "y")}`);
  expect((await ask("tail=5&q=y")).text).toBe(record(1, "INFO", "y"));
});

test("a search looks at a part of a log of any size, and says where to go on", async () => {
  const { logs } = newRun("huge");
  const block = `${"-".repeat(1023)}\n`.repeat(1024);
  writeFileSync(logs, record(0, "ERROR", "the first"));
  for (let i = 0; i < 70; i++) appendFileSync(logs, block);
  const ask = async (before: string) => {
    const { text, headers } = await system.ask(`/runs/huge/logs?level=ERROR${before}`);
    return { text, start: Number(headers["x-log-start"]) };
  };
  const first = await ask("");
  expect(first.text).toBe("");
  expect(first.start).toBeGreaterThan(5 << 20);
  expect(await ask(`&before=${first.start}`)).toEqual({ text: record(0, "ERROR", "the first"), start: 0 });
});
