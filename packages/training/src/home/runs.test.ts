import { execFileSync, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { containing } from "@trainer/testing";
import { expect, test } from "vitest";
import { cleanRun } from "../cleanup/clean-runs.js";
import { CleanupConfig } from "../cleanup/config.js";
import { newFailure } from "../errors.js";
import { FileLock } from "./file-lock.js";
import { markInUse } from "./run-use.js";
import { RunManifest, writeManifest } from "./manifest.js";
import { newManifest } from "../run/new-manifest.js";
import { parseTrainOptions } from "../options/options.js";
import { train } from "../run/train.js";
import { runFolder } from "./run-folder.js";
import { openHome, type Home } from "./home.js";
import { listRuns, summarizeRun } from "./list-runs.js";
import { recordFailure } from "./record-failure.js";
import { removeRun } from "./remove-run.js";
import { resolveRun } from "./resolve-run.js";
import { runLogFiles } from "./run-log-files.js";
import { temporaryFolder } from "./temporary-folder.js";

async function makeRun(home: Home, id: string, values: Partial<RunManifest>) {
  const folder = runFolder(home.root, id);
  await mkdir(folder.path, { recursive: true });
  const options = { ...parseTrainOptions({ corpus: "corpus.txt", runId: id }), maxSeqLen: 512 };
  const manifest = await newManifest(id, options, { device: "cpu", precision: "fp32" });
  await writeManifest(folder.manifest, { ...manifest, ...values });
  return folder;
}

test("runs are listed with their state and size, the newest first", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  expect(await listRuns(home)).toEqual([]);
  const old = await makeRun(home, "old", { status: "completed", created_at: 100, steps: 20, best_val_loss: 2.5 });
  await writeFile(old.weights, Buffer.alloc(5000));
  await mkdir(join(old.path, "eval"));
  await writeFile(join(old.path, "eval", "metrics.json"), Buffer.alloc(1000));
  await makeRun(home, "new", { status: "failed", created_at: 200 });
  await makeRun(home, "also-new", { status: "failed", created_at: 200 });
  await writeFile(join(home.models, "not-a-run.txt"), "");

  const runs = await listRuns(home);
  expect(runs.map(({ id, status }) => [id, status])).toEqual([
    ["also-new", "failed"],
    ["new", "failed"],
    ["old", "completed"],
  ]);
  const [, , last] = runs;
  expect(last).toMatchObject({ dir: old.path, problem: null, manifest: { steps: 20, best_val_loss: 2.5 } });
  expect(last?.bytes).toBeGreaterThan(6000);
  expect(last?.bytes).toBeLessThan(12_000);
});

test("of runs of the same second the one that began later is the newer, and the latest", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await makeRun(home, "a", { created_at: 200, started_at: "2026-01-02T03:04:05.100Z" });
  await makeRun(home, "b", { created_at: 200, started_at: "2026-01-02T03:04:05.200Z" });
  await makeRun(home, "c", { created_at: 100, started_at: "2026-01-02T03:04:05.300Z" });
  await makeRun(home, "d", { created_at: 300, started_at: "2026-01-02T03:04:05.000Z" });
  expect((await listRuns(home)).map(({ id }) => id)).toEqual(["d", "b", "a", "c"]);
});

test("a run that could not say that it has failed is told so, one that has not begun or is not there is left alone", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  const failure = newFailure("CANCELLED", "its process was killed", "TRANSIENT");
  await makeRun(home, "r", { status: "running" });
  await makeRun(home, "ended", { status: "running", finished_at: "2026-01-02T03:04:05.678Z" });
  const asked = runFolder(home.root, "asked");
  await mkdir(asked.path);
  await writeFile(asked.manifest, '{"user_id":1}');
  await mkdir(join(home.models, "only-weights"));
  await writeFile(runFolder(home.root, "only-weights").weights, "");
  for (const id of ["r", "ended", "asked", "only-weights", "none"]) await recordFailure(home, id, failure);
  const { manifest, status } = await summarizeRun(home, "r");
  expect(status).toBe("failed");
  expect(manifest).toMatchObject({ status: "failed", requested: true });
  expect(JSON.stringify(manifest)).toContain("its process was killed");
  expect(Math.abs(Date.now() - Date.parse(manifest?.finished_at ?? ""))).toBeLessThan(60_000);
  expect((await summarizeRun(home, "ended")).manifest?.finished_at).toBe("2026-01-02T03:04:05.678Z");
  expect(await readFile(asked.manifest, "utf8")).toBe('{"user_id":1}');
  expect((await readdir(home.models)).toSorted()).toEqual(["asked", "ended", "only-weights", "r"]);
  expect(await readdir(join(home.models, "only-weights"))).toEqual(["model.safetensors"]);
});

test("a run is running while the process that trains it lives, and interrupted when that is gone", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  const { lock } = await makeRun(home, "novel", { status: "running" });
  const status = async () => (await summarizeRun(home, "novel")).status;
  expect(await status()).toBe("interrupted");
  {
    using _held = new FileLock(lock, "novel");
    expect(await status()).toBe("running");
  }
  const { pid } = spawnSync(process.execPath, ["--eval", ""]);
  await writeFile(lock, JSON.stringify({ pid, started: "12345", host: hostname() }));
  expect(await status()).toBe("interrupted");
});

test("a run without a readable manifest is listed with what is wrong with it", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await mkdir(join(home.models, "empty"), { recursive: true });
  await mkdir(join(home.models, "torn"));
  await writeFile(join(home.models, "torn", "manifest.json"), '{"run_id": "to');
  const [empty, torn] = await listRuns(home);
  expect(empty).toMatchObject({ id: "empty", status: "damaged", manifest: null });
  expect(empty?.problem).toContain("manifest.json is missing");
  expect(torn).toMatchObject({ id: "torn", status: "damaged", manifest: null });
  expect(torn?.problem).toContain("manifest.json");
});

test("removing a run frees its bytes and leaves the others", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  const { weights } = await makeRun(home, "novel", { status: "completed" });
  await writeFile(weights, Buffer.alloc(5000));
  await makeRun(home, "poems", { status: "completed" });
  const { bytes } = await removeRun(home, "novel");
  expect(bytes).toBeGreaterThan(5000);
  expect(await readdir(home.models)).toEqual(["poems"]);
});

test("a run that ends while it is looked at is not taken for one whose process is gone", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  const { manifest: path, lock } = await makeRun(home, "run", { status: "running" });
  const running = RunManifest.parse(JSON.parse(await readFile(path, "utf8")));
  const held = new FileLock(lock, "run");
  await rm(path);
  execFileSync("mkfifo", [path]); // its reader waits for us
  const looking = summarizeRun(home, "run");
  const pipe = await open(path, "w");
  await pipe.writeFile(JSON.stringify(running));
  await writeManifest(path, { ...running, status: "completed" });
  held[Symbol.dispose]();
  await pipe.close();
  expect(await looking).toMatchObject({ status: "completed", manifest: { status: "completed" } });
});

test("what an interrupted removal left does not hinder the next", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await makeRun(home, "novel", { status: "completed" });
  await mkdir(join(home.models, ".removed-novel", "checkpoints"), { recursive: true });
  await removeRun(home, "novel");
  expect(await readdir(home.models)).toEqual([".removed-novel"]); // for an hour: it may be on its way
});

test("a run that is being trained is not removed", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  const { lock } = await makeRun(home, "novel", { status: "running" });
  using _held = new FileLock(lock, "novel");
  await expect(removeRun(home, "novel")).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await readdir(home.models)).toEqual(["novel"]);
});

test("a run that a process has open is not removed, and is once it is closed", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await makeRun(home, "novel", { status: "completed" });
  {
    using _use = markInUse(join(home.models, "novel"), "novel");
    await expect(removeRun(home, "novel")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await readdir(home.models)).toEqual(["novel"]);
  }
  await removeRun(home, "novel");
  expect(await readdir(home.models)).toEqual([]);
});

test("a run whose folder is gone is being removed, and its log files are those that are kept", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await mkdir(home.archived, { recursive: true });
  expect(() => markInUse(join(home.models, "gone"), "gone")).toThrow("run gone is being removed at this moment");
  const kept = join(home.archived, "gone.logs.jsonl");
  await writeFile(kept, "");
  expect(await runLogFiles(home, "gone")).toEqual({ logs: kept, metrics: null });
  const { path, metrics } = await makeRun(home, "there", {});
  await writeFile(metrics, "");
  expect(await runLogFiles(home, "there")).toEqual({ logs: null, metrics });
  await writeFile(join(path, "logs.jsonl"), "");
  expect((await runLogFiles(home, "there")).logs).toBe(join(path, "logs.jsonl"));
  expect(await runLogFiles(home, "../models/there")).toEqual({ logs: null, metrics: null }); // no id
});

test("nothing but a run of the home is removed", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(join(temporary.path, "runs"));
  await makeRun(home, "novel", { status: "completed" });
  await mkdir(join(temporary.path, "treasure"));
  for (const id of ["..", ".", "../../treasure", join(temporary.path, "treasure"), "", "a/../novel"]) {
    await expect(removeRun(home, id)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
  const refused = removeRun(home, "treasure");
  await expect(refused).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await expect(refused).rejects.toThrow("there are: novel");
  expect((await readdir(temporary.path)).toSorted()).toEqual(["runs", "treasure"]);
  expect(await readdir(home.models)).toEqual(["novel"]);
});

test("a run that was cleaned away is listed as archived, is no run to open, and what is kept of it can be removed", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(temporary.path);
  await makeRun(home, "there", { status: "completed", created_at: 2 });
  const { path } = await makeRun(home, "gone", {
    status: "completed",
    created_at: 1,
    artifact_file_id: "a".repeat(64),
  });
  await writeFile(join(path, "logs.jsonl"), "a line\n");
  const { reason } = await cleanRun(home, "gone", CleanupConfig.parse({}));
  expect(reason).toBe(null);
  const listed = await listRuns(home);
  expect(listed.map(({ id, archived, status, bytes }) => [id, archived, status, bytes > 0])).toEqual([
    ["there", false, "completed", true],
    ["gone", true, "completed", false],
  ]);
  await expect(resolveRun("gone", home)).rejects.toMatchObject({
    code: "RUN_NOT_FOUND",
    message: containing("run gone was cleaned away"),
  });
  const corpus = join(temporary.path, "text.txt");
  await writeFile(corpus, Array.from({ length: 40 }, (_, i) => `the king has ${i} words\n`).join(""));
  const begun = train({ corpus, runId: "gone" }, { home: temporary.path });
  await expect(begun).rejects.toMatchObject({ code: "CONFLICT", message: containing("there was a run gone") });

  await writeFile(join(home.archived, "torn.json"), "{");
  expect(await summarizeRun(home, "torn")).toMatchObject({ status: "damaged", archived: true });
  const bytes = statSync(join(home.archived, "gone.json")).size + "a line\n".length;
  expect(await removeRun(home, "gone")).toEqual({ bytes });
  expect(await readdir(home.archived)).toEqual(["torn.json"]);
  await writeFile(join(home.archived, "there.json"), "{}");
  await removeRun(home, "there"); // fetched back, and then removed for good
  expect((await listRuns(home)).map(({ id }) => id)).toEqual(["torn"]);
});
