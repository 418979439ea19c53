import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { keys, RunList, TrainRequest, type ListedRun, type RunProgress } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { FileLock, runFolder } from "@trainer/training/files";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { manifest } from "./manifest.js";

let system: System;
beforeEach(async () => {
  system = await startSystem();
  await vi.waitUntil(async () => (await system.ask("/readyz")).text.includes("no-worker")); // Redis is connected
});
afterEach(() => system[Symbol.asyncDispose]());

const { user_id: _, ...request } = TrainRequest.parse({ corpus_path: "novel.txt", tokenizer_id: "tok" });
const done = { ...manifest, status: "completed", steps: 10, total_steps: 10 } as const;
const NOT_FOUND = { status: 404, json: { code: "RUN_NOT_FOUND", message: "run not found" } };

/** A run's folder with its manifest, as it is after a training. */
function folderOf(runId: string, more: object = done) {
  const folder = runFolder(system.root, runId);
  mkdirSync(folder.path, { recursive: true });
  const temporary = join(folder.path, ".new");
  writeFileSync(temporary, JSON.stringify({ ...manifest, run_id: runId, ...more }));
  renameSync(temporary, folder.manifest);
  return folder;
}

const list = async (query: string): Promise<RunList> => {
  const { status, json } = await system.ask(`/runs?${query}`);
  expect([query, status]).toEqual([query, 200]);
  return RunList.parse(json);
};
const idsOf = ({ runs }: RunList) => runs.map(({ run_id }) => run_id);
const only = ({ runs }: RunList): ListedRun => {
  expect(runs).toHaveLength(1);
  return RunList.shape.runs.element.parse(runs[0]);
};

test("a run that was trained without the service is listed by its manifest, and one with a record by both", async () => {
  folderOf("own", {
    ...done,
    finished_at: "2023-11-14T23:13:20.000Z",
    duration_seconds: 60,
    best_val_loss: 1.5,
    test_bits_per_byte: 2.25,
    tokenizer_id: "words",
  });
  const own = only(await list("offset=0"));
  expect(own).toMatchObject({
    run_id: "own",
    status: "completed",
    progress: 100,
    managed: false,
    message: "Training completed",
    created_at: "2023-11-14T22:13:20.000",
    updated_at: "2023-11-14T23:13:20.000",
    model_family: "gpt2",
    model_size: "tiny",
    corpus: "a.txt",
    tokenizer_id: "words",
    tags: [],
    best_val_loss: 1.5,
    bits_per_byte: 2.25,
    started_at: "2023-11-14T22:13:20.000Z",
    ended_at: "2023-11-14T23:13:20.000Z",
    duration_seconds: 60,
    sparkline: null,
    training: { step: 10, total_steps: 10 },
  });
  expect((await system.ask("/runs/own")).json).toMatchObject({ run_id: "own", status: "completed", progress: 100 });
  expect(idsOf(await list("limit=9"))).toEqual([]); // by cursor the list is of those that the service was asked for

  await system.runs.create("own", 0n, request);
  await system.runs.set("own", { status: "failed", message: "the archive was not sent", error: "no room" });
  const both = { status: "failed", error: "no room", managed: true, corpus: "novel.txt", tokenizer_id: "tok" };
  for (const query of ["offset=0", "limit=9"])
    expect(only(await list(query))).toMatchObject({
      ...both,
      best_val_loss: 1.5,
      bits_per_byte: 2.25,
      duration_seconds: 60,
    });
  expect(await list("offset=0")).toMatchObject({ total: 1, next: null });
  await system.redis.del(keys.request("own")); // as another system leaves it
  await system.runs.set("own", { message: null });
  const files = { corpus: "a.txt", tokenizer_id: "words", model_family: "gpt2", model_size: "tiny" };
  expect(only(await list("offset=0"))).toMatchObject({ managed: true, ...files });
  await system.runs.create("new", 0n, { ...request, tokenizer_id: "" });
  expect((await list("q=new")).runs).toMatchObject([{ run_id: "new", tokenizer_id: null, corpus: "novel.txt" }]);
});

test("states of runs without a record are those that clients know", async () => {
  folderOf("stopped", { status: "interrupted" });
  folderOf("failed", { status: "failed", error: "no memory" });
  const running = folderOf("running", { status: "running" });
  const losses = { loss: 1, bits_per_byte: 1.25, bits_per_character: 1 };
  folderOf("evaluated", {
    ...done,
    evaluation: { split: "test", ...losses, perplexity: 2, tokens: 1, documents: 1, seed: 1 },
  });
  folderOf("killed", { status: "running" });
  mkdirSync(runFolder(system.root, "torn").checkpoints, { recursive: true });
  writeFileSync(runFolder(system.root, "torn").manifest, '{"status":');
  mkdirSync(runFolder(system.root, "empty").path);
  mkdirSync(runFolder(system.root, "queued").path);
  writeFileSync(runFolder(system.root, "queued").manifest, '{"run_id":"queued"}');
  writeFileSync(join(system.root, "models", "a-file"), "");
  mkdirSync(join(system.root, "models", ".hidden"));
  using _lock = new FileLock(running.lock, "running");
  const { runs } = await list("sort=run_id&order=asc");
  expect(runs.map(({ run_id, status, message, error }) => [run_id, status, message ?? error])).toEqual([
    ["evaluated", "completed", "Training completed"],
    ["failed", "failed", "no memory"],
    ["killed", "failed", containing("process is gone")],
    ["running", "running", "training"],
    ["stopped", "failed", "Training cancelled"],
    ["torn", "failed", containing("manifest.json cannot be read")],
  ]);
  expect(runs[0]).toMatchObject({ bits_per_byte: 1.25 });
});

test("a manifest is read again once it has changed, and one that is gone is not listed", async () => {
  const before = new Date(Date.now() - 60_000);
  const folder = folderOf("r", { status: "interrupted" });
  utimesSync(folder.path, before, before);
  for (let i = 0; i < 2; i++) expect(only(await list("offset=0")).status).toBe("failed");
  folderOf("r");
  expect(only(await list("offset=0")).status).toBe("completed");
  rmSync(folder.path, { recursive: true });
  expect(await list("offset=0")).toEqual({ runs: [], next: null, total: 0 });
  mkdirSync(join(system.root, "archived"));
  writeFileSync(join(system.root, "archived", "kept.json"), JSON.stringify({ ...done, run_id: "kept" }));
  writeFileSync(join(system.root, "archived", "torn.json"), "{");
  writeFileSync(join(system.root, "archived", "kept.logs.jsonl"), "");
  expect((await list("sort=run_id&order=asc")).runs.map(({ run_id, status }) => [run_id, status])).toEqual([
    ["kept", "completed"],
    ["torn", "failed"],
  ]);
  expect((await system.ask("/runs/kept")).json).toMatchObject({ status: "completed" });
});

test(
  "a home of thousands of runs is listed whole, and what changes in it is seen in the end",
  { timeout: 60_000 },
  async () => {
    const before = new Date(Date.now() - 60_000);
    const name = (i: number) => `r${String(i).padStart(4, "0")}`;
    mkdirSync(runFolder(system.root, "not-begun").path, { recursive: true });
    utimesSync(runFolder(system.root, "not-begun").path, before, before);
    for (let i = 0; i < 2500; i++) utimesSync(folderOf(name(i), { ...done, created_at: i }).path, before, before);
    expect(await list("offset=2490&limit=20&sort=run_id&order=asc")).toMatchObject({ total: 2500 });
    expect(idsOf(await list("offset=2490&limit=20&sort=run_id&order=asc"))).toEqual(
      Array.from({ length: 10 }, (_, i) => name(2490 + i)),
    );
    for (const i of [0, 1500, 2499]) folderOf(name(i), { status: "interrupted" });
    for (let i = 0; i < 3; i++) await list("offset=0");
    expect(idsOf(await list("status=failed&sort=run_id&order=asc"))).toEqual([name(0), name(1500), name(2499)]);
  },
);

test("a list is searched by words, and filtered by state, family and tags", async () => {
  folderOf("first", { ...done, corpus_path: "/texts/Moby Dick.txt" });
  folderOf("second", { ...done, model_family: "llama", model_size: "small" });
  folderOf("third", { status: "interrupted", model_family: "llama" });
  const tag = (id: string, tags: string[]) =>
    system.ask(`/runs/${id}/notes`, { method: "PUT", body: { tags, note: "not searched" } });
  await tag("second", ["Best", "ünï"]);
  await tag("third", ["Best"]);
  const found = async (query: string) => idsOf(await list(query)).toSorted();
  expect(await found("q=moby%20DICK")).toEqual(["first"]);
  expect(await found("q=llama%20best")).toEqual(["second", "third"]);
  expect(await found("q=%C3%9CN")).toEqual(["second"]);
  expect(await found("q=searched")).toEqual([]);
  expect(await found("q=.*")).toEqual([]);
  expect(await found("q=%20")).toEqual(["first", "second", "third"]);
  expect(await found("family=llama")).toEqual(["second", "third"]);
  expect(await found("family=llama&status=completed")).toEqual(["second"]);
  expect(await found("tag=Best")).toEqual(["second", "third"]);
  expect(await found("tag=best")).toEqual([]);
  expect(await found(`tag=Best&tag=${encodeURIComponent("ünï")}`)).toEqual(["second"]);
  writeFileSync(runFolder(system.root, "second").notes, "{");
  expect((await system.ask("/runs/second/notes")).json).toEqual({ tags: [], note: "" });
});

test("a list is sorted by any column, what is not known last, and pages do not overlap", async () => {
  const runs = { a: 3, b: null, c: 1, d: 2, e: null };
  for (const [id, best_val_loss] of Object.entries(runs)) folderOf(id, { ...done, best_val_loss });
  const ids = async (query: string) => idsOf(await list(query)).join("");
  expect(await ids("sort=val_loss&order=asc")).toBe("cdabe");
  expect(await ids("sort=val_loss")).toBe("adcbe");
  expect((await ids("sort=val_loss&limit=2")) + (await ids("sort=val_loss&limit=2&offset=2"))).toBe("adcb");
  expect(await ids("sort=val_loss&offset=99999999")).toBe("");
  for (const column of [
    "created_at",
    "updated_at",
    "started_at",
    "ended_at",
    "duration_seconds",
    "status",
    "progress",
    "model",
    "corpus",
    "tokenizer_id",
    "bits_per_byte",
  ])
    expect([column, await ids(`sort=${column}`)]).toEqual([column, "abcde"]);
  mkdirSync(runFolder(system.root, "f").checkpoints, { recursive: true });
  writeFileSync(runFolder(system.root, "f").manifest, "{}{"); // which has no model
  expect(await ids("sort=model")).toMatch(/f$/);
});

test("a query that means nothing is refused", async () => {
  for (const query of [
    "sort=size",
    "order=up",
    "offset=-1",
    "offset=x",
    "offset=123456789",
    `q=${"x".repeat(201)}`,
    "q=a&q=b",
    `tag=${"x".repeat(65)}`,
    `family=${"x".repeat(65)}`,
    Array.from({ length: 21 }, () => "tag=a").join("&"),
    "cursor=1&sort=model",
  ])
    expect([query, (await system.ask(`/runs?${query}`)).status]).toEqual([query, 422]);
  const { json } = await system.ask("/runs?cursor=1&q=a");
  expect(json).toMatchObject({ code: "INVALID_INPUT", message: containing("cursor goes with limit and status alone") });
});

test("a run that is cleaned away just as it is looked at stays in the list", async () => {
  const folder = folderOf("leaving");
  rmSync(folder.manifest);
  execFileSync("mkfifo", [folder.manifest]); // its reader waits for us
  const listed = list("offset=0");
  const pipe = await open(folder.manifest, "w");
  mkdirSync(join(system.root, "archived"), { recursive: true });
  writeFileSync(join(system.root, "archived", "leaving.json"), JSON.stringify({ ...done, run_id: "leaving" }));
  rmSync(folder.path, { recursive: true });
  await pipe.close();
  expect(only(await listed)).toMatchObject({ run_id: "leaving", status: "completed" });
});

test("a list follows the records: those that are new, have changed, are damaged, or are gone", async () => {
  for (const id of ["r1", "r2"]) await system.runs.create(id, 0n, request, new Date(1_700_000_000_000));
  expect(idsOf(await list("offset=0"))).toEqual(["r1", "r2"]);
  const training: RunProgress = {
    step: 3,
    total_steps: 10,
    epoch: 0,
    total_epochs: 1,
    train_loss: 2.5,
    lr: 1e-3,
    grad_norm: 1,
    tokens_per_sec: 9,
    eta_seconds: 7,
    val_loss: 2,
    best_val_loss: 1.75,
    test_loss: null,
    checkpoint_step: null,
    rss_bytes: 1e9,
  };
  await system.runs.set("r2", { status: "running", progress: 30, training });
  await system.runs.heartbeat("r2", await system.runs.claim("r2"), 1_700_000_000_500);
  expect((await list("sort=progress")).runs).toMatchObject([
    { run_id: "r2", status: "running", last_heartbeat_ts: 1_700_000_000.5, best_val_loss: 1.75, training },
    { run_id: "r1", status: "queued", best_val_loss: null },
  ]);
  await system.redis.hdel(keys.job("r1"), "user_id", "updated_at");
  expect(idsOf(await list("offset=0"))).toEqual(["r2"]);
  await system.redis.del(keys.job("r1"));
  await system.runs.remove("r2");
  expect(await list("offset=0")).toEqual({ runs: [], next: null, total: 0 });
});

test("a run's sparkline is of its training losses, evenly over all of it, however long it is", async () => {
  const row = (step: number) => ({
    step,
    epoch: 0,
    tokens: step,
    train_loss: 1000 - step / 1000,
    train_ppl: null,
    lr: 1,
  });
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `${JSON.stringify(row(i + 1))}\n`).join("");
  const evaluation = '{"step":1,"split":"validation","loss":3}\n';
  const { metrics } = folderOf("r");
  const losses = async () => only(await list("offset=0")).sparkline ?? [];
  writeFileSync(metrics, "");
  expect(await losses()).toEqual([]);
  writeFileSync(metrics, `${evaluation}${lines(2)}{"step":3,"train_loss":null}\n{"train_loss":99`);
  expect(await losses()).toEqual([999.999, 999.998]);
  writeFileSync(metrics, lines(100));
  const few = await losses();
  expect([few.length, few[0], few.at(-1)]).toEqual([24, 999.999, 999.9]);
  writeFileSync(metrics, lines(20_000));
  const many = await losses();
  expect(many).toHaveLength(24);
  expect(many).toEqual(many.toSorted((a, b) => b - a));
  expect(many[0]).toBeCloseTo(1000, 1);
  expect(many.at(-1)).toBeCloseTo(980, 1);
  expect(await losses()).toEqual(many);
  await system.runs.create("r", 0n, request);
  expect(only(await list("limit=9")).sparkline).toBeNull(); // those who page through all runs need none
  rmSync(metrics);
  mkdirSync(metrics);
  expect(only(await list("offset=0")).sparkline).toBeNull();
});

test("a run that was trained without the service is removed with its files, and is not resumed by it", async () => {
  const folder = folderOf("own");
  expect(await system.ask("/runs/own/resume", { method: "POST" })).toMatchObject({
    status: 409,
    json: { code: "CONFLICT", message: containing("`trainer resume own`") },
  });
  {
    using _lock = new FileLock(folder.lock, "own");
    folderOf("own", { status: "running" });
    expect(await system.ask("/runs/own", { method: "DELETE" })).toMatchObject({ status: 409 });
  }
  folderOf("own");
  expect((await system.ask("/runs/own/metrics")).json).toMatchObject({ run_id: "own", steps: [] });
  expect(await system.ask("/runs/own", { method: "DELETE" })).toMatchObject({ status: 200, json: { run_id: "own" } });
  for (const path of ["/runs/own", "/runs/..%2fmodels"]) expect(await system.ask(path)).toMatchObject(NOT_FOUND);
  expect(idsOf(await list("offset=0"))).toEqual([]);
});
