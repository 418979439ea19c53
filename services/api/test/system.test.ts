import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { keys, SystemInfo, TrainAccepted } from "@trainer/platform";
import { ask, startSystem, type System } from "@trainer/testing/api";
import { writeCorpus } from "@trainer/testing";
import { startWorker } from "@trainer/worker";
import { expect, test, vi } from "vitest";
import { VERSION } from "../src/version.js";

const info = async (system: System) => SystemInfo.parse((await system.ask("/system")).json);
const NONE = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 };

test("the version is package.json's", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect(JSON.parse(text)).toMatchObject({ version: VERSION });
});

test("without a worker there is the machine, its disk, empty queues and the versions", async () => {
  await using system = await startSystem();
  const { machine, disks, queues, workers, jobs, versions, settings } = await info(system);
  expect(machine.host).toBe(hostname());
  expect(machine.threads).toBeGreaterThan(0);
  expect(machine.memory_available_bytes).toBeLessThanOrEqual(machine.memory_bytes);
  expect(machine.memory_available_bytes).toBeGreaterThan(0);
  expect(disks).toMatchObject([{ path: system.root, holds: ["runs", "texts"] }]);
  expect(disks[0]?.free_bytes).toBeLessThanOrEqual(disks[0]?.total_bytes ?? 0);
  expect(queues).toEqual([
    { name: "trainer", ...NONE },
    { name: "trainer-inference", ...NONE },
  ]);
  expect([workers, jobs, settings]).toEqual([[], [], []]);
  const named = new Map(versions.map(({ name, version }) => [name, version]));
  expect([named.get("Model Trainer"), named.get("Node.js")]).toEqual([VERSION, process.versions.node]);
  expect(named.get("Redis") ?? named.get("Valkey")).toMatch(/^\d+\.\d+/);
});

test("what each part of the home takes up is measured", async () => {
  await using system = await startSystem();
  for (const [folder, bytes] of [
    ["models/r", 3],
    ["tokenizers/t", 5],
    ["cache/bins/b", 7],
    ["corpus_cache", 11],
    ["corpus", 13],
  ] as const) {
    mkdirSync(join(system.root, folder), { recursive: true });
    writeFileSync(join(system.root, folder, "file"), "x".repeat(bytes));
  }
  await vi.waitFor(async () =>
    expect((await info(system)).stored?.map(({ kind, bytes, files }) => [kind, bytes, files])).toEqual([
      ["runs", 3, 1],
      ["tokenizers", 5, 1],
      ["bins", 7, 1],
      ["corpus_cache", 11, 1],
      ["texts", 13, 1],
    ]),
  );
});

test("a worker is there with what it computes with and what it is at, and when it is killed it is said to give no sign", async () => {
  await using system = await startSystem();
  writeCorpus(join(system.root, "corpus", "a.txt"), 400);
  const worker = await startWorker(
    { redisUrl: system.server.url, artifactsRoot: system.root, dataRoot: system.root, threads: 1, logLevel: "silent" },
    { pace: { presence: 100 } },
  );
  const model = { model_family: "char_lstm", model_size: "tiny", tokenizer_method: "char", num_epochs: 500 };
  const asked = await system.ask("/runs/train", { body: { corpus_path: "a.txt", max_seq_len: 32, ...model } });
  expect(asked.status).toBe(200);
  const { workers, jobs, versions } = await vi.waitUntil(async () => {
    const found = await info(system);
    const isThere = found.jobs?.length === 1 && (found.workers?.[0]?.presence?.engine ?? null) !== null;
    return isThere ? found : null;
  });
  const [there] = workers ?? [];
  expect(there).toMatchObject({
    alive: true,
    presence: { host: hostname(), pid: process.pid, trainings: 1, answers: 8 },
  });
  const { engine } = there?.presence ?? {};
  expect(versions).toContainEqual({ name: "libtorch", version: engine?.libtorch });
  expect(jobs).toMatchObject([
    { queue: "trainer", kind: "train", subject: expectedRun(asked.json), worker: there?.name },
  ]);
  expect(Date.parse(jobs?.[0]?.since ?? "")).toBeLessThanOrEqual(Date.now());
  await system.ask(`/runs/${expectedRun(asked.json)}/cancel`, { method: "POST" });
  await worker.stop();
  expect((await info(system)).workers).toEqual([]);
  await system.redis.sadd(keys.workers, "rq:worker:killed-1-2");
  expect((await info(system)).workers).toEqual([{ name: "rq:worker:killed-1-2", alive: false, presence: null }]);
});

const expectedRun = (json: unknown): string => TrainAccepted.parse(json).run_id;

test("while Redis is away, or answers nobody, what is known without it is told", async () => {
  await using system = await startSystem();
  const away = { queues: null, workers: null, jobs: null };
  await system.server.kill();
  const { status, json } = await system.ask("/system");
  expect([status, json]).toMatchObject([200, { ...away, machine: { host: hostname() } }]);
  expect(SystemInfo.parse(json).versions.map(({ name }) => name)).toEqual(["Model Trainer", "Node.js"]);
  await system.server.start();
  await vi.waitUntil(async () => (await info(system)).queues !== null);
  system.server.pause();
  expect(await info(system)).toMatchObject(away);
  system.server.resume();
});

test("no secret stands in the answer, and settings are as they were told", async () => {
  const dataBank = { url: "http://me:S3CRET@127.0.0.1:9", apiKey: "S3CRET" };
  const settings = [
    { name: "SECURITY__API_KEY", toml: "security.api_key", value: "(hidden)", source: ".env:1" },
    { name: "PLUGINS", toml: "plugins", value: ["a", "b"], source: "default" },
    { name: "REDIS__URL", toml: "redis.url", value: null, source: "trainer serve: its own" },
  ];
  await using system = await startSystem({ apiKey: "S3CRET", dataBank, settings });
  const { status, text, json } = await system.ask("/system", { headers: { "x-api-key": "S3CRET" } });
  expect([status, json]).toMatchObject([200, { settings }]);
  expect(text).not.toContain("S3CRET");
});

test("whatever else stands in Redis, the answer is in its form", async () => {
  await using system = await startSystem();
  const names = [
    "<img src=x onerror=alert(1)>",
    "rq:worker:garbage",
    "rq:worker:list",
    "x".repeat(1000),
    "with\nbreaks",
  ];
  await system.redis.sadd(keys.workers, names);
  await system.redis.set("rq:worker:garbage", "now");
  await system.redis.set(keys.presence("rq:worker:garbage"), '{"host":7}');
  await system.redis.set(keys.presence("with\nbreaks"), "{");
  await system.redis.lpush("rq:worker:list", "no text");
  await system.redis.lpush(keys.presence("rq:worker:list"), "no text");
  await system.trainer.add("<b>kind</b>", "no object");
  const { workers } = await info(system);
  expect(workers?.map(({ name }) => name)).toEqual(names.toSorted());
  expect(workers?.every(({ presence }) => presence === null)).toBe(true);
  expect(workers?.find(({ name }) => name === "rq:worker:garbage")).toMatchObject({ alive: true });
});

test("a job under way that says little of itself is told as far as it is known", async () => {
  await using system = await startSystem();
  const { trainer, redis } = system;
  const data = { train: { run_id: "r" }, tokenizer: { tokenizer_id: "t" }, nothing: {}, other: "no object" };
  for (const [kind, each] of Object.entries(data)) {
    const { id = "" } = await trainer.add(kind, each);
    await redis.lrem("bull:trainer:wait", 0, id); // as of a worker that was killed when it had just taken it
    await redis.lpush("bull:trainer:active", id);
  }
  const { jobs } = await info(system);
  expect(new Map(jobs?.map(({ kind, subject }) => [kind, subject]))).toEqual(
    new Map(Object.entries({ train: "r", tokenizer: "t", nothing: null, other: null })),
  );
  expect(jobs?.every(({ since, worker }) => since === null && worker === null)).toBe(true);
  mkdirSync(join(system.root, "corpus"), { recursive: true });
  writeFileSync(join(system.root, "corpus", "a.txt"), "a");
  expect((await system.ask("/corpora/a.txt", { method: "DELETE" })).status).toBe(200); // no job names it
});

test.runIf(process.platform === "linux")("where the texts lie on another disk, there are two", async () => {
  await using system = await startSystem();
  await using other = await system.start({ dataRoot: "/proc/none/such" });
  const { disks } = SystemInfo.parse((await ask(`${other.url}/system`)).json);
  expect(disks).toMatchObject([
    { path: system.root, holds: ["runs"] },
    { path: "/proc/none/such", holds: ["texts"] },
  ]);
});
