import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CleanupReport, CleanupRequest, SystemInfo } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { BinsCleanupConfig, CorpusCacheCleanupConfig, FileLock, TokenizerCleanupConfig } from "@trainer/training/files";
import { expect, test } from "vitest";

const YEARS_AGO = new Date("2020-01-01");
const SETS = ["0".repeat(32), "1".repeat(32)] as const;

/** Leaves a file in the home, as old as that. */
function leave(system: System, ...names: string[]): string {
  const path = join(system.root, ...names);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "text");
  for (const each of [path, join(path, "..")]) utimesSync(each, YEARS_AGO, YEARS_AGO);
  return path;
}

const clean = async (system: System, body: object) => {
  const { status, json } = await system.ask("/system/cleanup", { body });
  expect(status).toBe(200);
  return CleanupReport.parse(json);
};

test("what a request does not set is what `trainer cleanup` and the worker take", () => {
  const request = CleanupRequest.parse({});
  const [bins, corpora, tokenizers] = [BinsCleanupConfig, CorpusCacheCleanupConfig, TokenizerCleanupConfig].map(
    (each) => each.parse({}),
  );
  expect(request.dry_run).toBe(true);
  expect(bins).toMatchObject({ maxBytes: request.bins_max_bytes, maxUnusedDays: request.bins_max_unused_days });
  expect(corpora).toMatchObject({
    maxBytes: request.corpus_cache_max_bytes,
    minFreeBytes: request.corpus_cache_min_free_bytes,
    evictionPolicy: "lru",
  });
  expect(tokenizers).toMatchObject({ minUnusedDays: request.tokenizers_min_unused_days });
});

test("a dry run says what would go and why the rest stays, and removes nothing; then it goes, and what is needed stays", async () => {
  await using system = await startSystem();
  const [idle, read] = SETS.map((id) => leave(system, "cache", "bins", id, "train.bin"));
  using _use = new FileLock(join(system.root, "cache", "bins", `.in-use-${SETS[1]}-x.json`), SETS[1]);
  const [spare, queued] = ["spare", "queued"].map((id) => leave(system, "tokenizers", id, "tokenizer.json"));
  const [old, wanted] = ["a", "b"].map((letter) => leave(system, "corpus_cache", `${letter.repeat(64)}.txt`));
  const request = { tokenizer_id: "queued", corpus_file_id: "B".repeat(64) };
  await system.trainer.add("train", { run_id: "r", user_id: "0", request });

  const limits = { corpus_cache_max_bytes: 0 };
  const dry = await clean(system, limits);
  const { decisions, failures } = dry;
  expect(
    decisions.map(({ kind, id, bytes, removed, reason }) => [kind, id.slice(0, 6), bytes, removed, reason]),
  ).toEqual([
    ["bins", "000000", 4, false, "dry_run"],
    ["bins", "111111", 4, false, "in_use"],
    ["corpus_cache", "aaaaaa", 4, false, "dry_run"],
    ["corpus_cache", "bbbbbb", 4, false, "in_use"],
    ["tokenizers", "queued", 4, false, "in_use"],
    ["tokenizers", "spare", 4, false, "dry_run"],
  ]);
  expect([dry.dry_run, dry.bytes_freed, failures]).toEqual([true, 12, []]);
  const all = [idle, read, spare, queued, old, wanted].map(String);
  expect(all.every((path) => existsSync(path))).toBe(true);

  const done = await clean(system, { ...limits, dry_run: false });
  expect(done.decisions.filter(({ removed }) => removed).map(({ id }) => id.slice(0, 6))).toEqual([
    "000000",
    "aaaaaa",
    "spare",
  ]);
  expect([done.dry_run, done.bytes_freed]).toEqual([false, 12]);
  expect(all.map((path) => existsSync(path))).toEqual([false, true, false, true, false, true]);
  expect(system.logs.filter((line) => line.includes('_cleanup_completed"')).length).toBeGreaterThanOrEqual(3);
  const { stored } = SystemInfo.parse((await system.ask("/system")).json);
  expect(stored?.find(({ kind }) => kind === "tokenizers")).toEqual({ kind: "tokenizers", bytes: 4, files: 1 });
});

test("while a run that waits has not said which tokenizer it will have, all of them stay", async () => {
  await using system = await startSystem();
  const spare = leave(system, "tokenizers", "spare", "tokenizer.json");
  expect((await system.ask("/runs/train", { body: { corpus_file_id: "a".repeat(64) } })).status).toBe(200);
  const { decisions } = await clean(system, { dry_run: false });
  expect(decisions).toMatchObject([{ id: "spare", removed: false, reason: "manifest_unreadable" }]);
  expect(existsSync(spare)).toBe(true);
});

test("only the kinds that are asked for are touched, each once", async () => {
  await using system = await startSystem();
  const [bins, spare] = [
    leave(system, "cache", "bins", SETS[0], "train.bin"),
    leave(system, "tokenizers", "spare", "tokenizer.json"),
  ];
  const { decisions } = await clean(system, { dry_run: false, kinds: ["bins", "bins"] });
  expect(decisions).toHaveLength(1);
  expect([bins, spare].map((path) => existsSync(path))).toEqual([false, true]);
  expect(await clean(system, { kinds: [] })).toMatchObject({ dry_run: true, decisions: [], bytes_freed: 0 });
});

test("a kind that cannot be cleaned up says why, and does not keep the others", async () => {
  await using system = await startSystem();
  const bins = leave(system, "cache", "bins", SETS[0], "train.bin");
  leave(system, "corpus_cache");
  const { decisions, failures } = await clean(system, { dry_run: false });
  expect(decisions).toMatchObject([{ kind: "bins", removed: true }]);
  expect(failures).toMatchObject([{ kind: "corpus_cache", message: containing("corpus_cache") }]);
  expect(existsSync(bins)).toBe(false);
  expect(system.logs.join("")).toContain('"corpus_cache_cleanup_failed"');
});

test("without Redis nothing is removed: what queued jobs need is not known", async () => {
  await using system = await startSystem();
  const bins = leave(system, "cache", "bins", SETS[0], "train.bin");
  await system.server.kill();
  const answer = await system.ask("/system/cleanup", { body: { dry_run: false } });
  expect(answer).toMatchObject({ status: 503, json: { code: "SERVICE_UNAVAILABLE" } });
  expect(existsSync(bins)).toBe(true);
});

test.each([
  [{ kinds: ["runs"] }, 400, "kinds"],
  [{ kinds: "bins" }, 400, "kinds must be a list"],
  [{ bins_max_bytes: -1 }, 400, "bins_max_bytes must be >= 0"],
  [{ path: "/" }, 422, "Extra fields not allowed: path"],
])("%j is refused", async (body, status, message) => {
  await using system = await startSystem();
  expect(await system.ask("/system/cleanup", { body })).toMatchObject({
    status,
    json: { message: containing(message) },
  });
});
