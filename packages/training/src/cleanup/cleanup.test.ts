import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { finishRemovals, removeAside, temporaryName } from "@trainer/disk";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { markCachedInUse } from "../corpus/corpus-cache.js";
import { Disposables } from "../disposables.js";
import { TrainingError } from "../errors.js";
import { openHome, type Home } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { FileLock } from "../home/file-lock.js";
import { writeManifest, type RunManifest } from "../home/manifest.js";
import { newManifest } from "../run/new-manifest.js";
import { parseTrainOptions } from "../options/options.js";
import { archivedFiles } from "../home/run-log-files.js";
import { runFolder } from "../home/run-folder.js";
import { lockForRemoval, markInUse } from "../home/run-use.js";
import { binsToRemove, cleanBins, type CachedBins } from "./clean-bins.js";
import { markBinsInUse } from "../bins/bins-use.js";
import { binsFolder } from "../home/home.js";
import { cleanCorpusCache, corporaToRemove, type CachedCorpus } from "./clean-corpus-cache.js";
import { cleanRun, cleanRuns, keepRun } from "./clean-runs.js";
import { cleanTokenizers } from "./clean-tokenizers.js";
import { BinsCleanupConfig, CleanupConfig, CorpusCacheCleanupConfig, TokenizerCleanupConfig } from "./config.js";
import { measure } from "../home/folders.js";
import type { CleanupRecord } from "./report.js";

async function makeHome(): Promise<AsyncDisposable & { home: Home }> {
  const temporary = await temporaryFolder();
  const dispose = () => temporary[Symbol.asyncDispose]();
  return { home: openHome(join(temporary.path, "home")), [Symbol.asyncDispose]: dispose };
}

async function makeRun(home: Home, id: string, values: Partial<RunManifest> = {}) {
  const folder = runFolder(home.root, id);
  await mkdir(folder.path, { recursive: true });
  const options = { ...parseTrainOptions({ corpus: "corpus.txt", runId: id }), maxSeqLen: 512 };
  const manifest = await newManifest(id, options, { device: "cpu", precision: "fp32" });
  await writeManifest(folder.manifest, { ...manifest, tokenizer_id: "t", ...values });
  await writeFile(folder.weights, Buffer.alloc(5000));
  return folder;
}

const sent = { status: "completed", artifact_file_id: "a".repeat(64) } as const;
const config = CleanupConfig.parse({});

/** A log to look into. */
function recorded() {
  const records: CleanupRecord[] = [];
  return { records, log: (record: CleanupRecord) => void records.push(record) };
}

test("the configurations have the defaults of the services", () => {
  expect(config).toEqual({ enabled: true, verifyUpload: true, gracePeriodSeconds: 0, dryRun: false });
  expect(CorpusCacheCleanupConfig.parse({})).toEqual({
    enabled: false,
    maxBytes: 10_737_418_240,
    minFreeBytes: 2_147_483_648,
    evictionPolicy: "lru",
    dryRun: false,
  });
  expect(BinsCleanupConfig.parse({})).toEqual({
    enabled: true,
    maxBytes: 53_687_091_200,
    maxUnusedDays: 30,
    dryRun: false,
  });
  expect(TokenizerCleanupConfig.parse({})).toEqual({ enabled: false, minUnusedDays: 30, dryRun: false });
});

test("a run stays for the first reason in order", () => {
  const go = { exists: true, pointer: "id", status: "completed", inUse: false } as const;
  const worst = { exists: false, pointer: null, status: "running", inUse: true } as const;
  const reasons = [
    keepRun({ ...config, enabled: false }, worst),
    keepRun(config, worst),
    keepRun(config, { ...worst, exists: true }),
    keepRun(config, { ...worst, exists: true, pointer: "id" }),
    keepRun({ ...config, verifyUpload: false }, { ...worst, exists: true }),
    keepRun(config, { ...go, inUse: true }),
    keepRun(config, go),
    keepRun({ ...config, verifyUpload: false }, { ...go, pointer: null, status: "failed" }),
  ];
  expect(reasons).toEqual([
    "cleanup_disabled",
    "directory_not_found",
    "upload_not_verified",
    "run_not_terminal",
    "run_not_terminal",
    "in_use",
    null,
    null,
  ]);
});

test("a run that was sent goes and leaves its manifest; the others stay, each with its reason in the log", async () => {
  await using made = await makeHome();
  const { home } = made;
  await makeRun(home, "sent", sent);
  await makeRun(home, "unsent", { status: "completed" });
  await makeRun(home, "open", { ...sent, status: "interrupted" });
  await mkdir(join(home.models, "damaged"));
  const manifest = await readFile(runFolder(home.root, "sent").manifest, "utf8");
  const folder = runFolder(home.root, "sent");
  const texts = [
    ["notes", "a note"],
    ["samples", "what it wrote"],
    ["evaluations", "how it was measured"],
    ["evaluationSamples", "what it wrote then"],
  ] as const;
  await mkdir(dirname(folder.evaluations));
  for (const [name, text] of texts) await writeFile(folder[name], text);
  const { records, log } = recorded();
  const decisions = await cleanRuns(home, config, { log });
  expect(decisions.map(({ id, reason }) => [id, reason])).toEqual([
    ["damaged", "upload_not_verified"],
    ["open", "run_not_terminal"],
    ["sent", null],
    ["unsent", "upload_not_verified"],
  ]);
  expect((await readdir(home.models)).toSorted()).toEqual(["damaged", "open", "unsent"]);
  expect(await readFile(join(home.archived, "sent.json"), "utf8")).toBe(manifest);
  for (const [name, text] of texts) expect(await readFile(archivedFiles(home, "sent")[name], "utf8")).toBe(text);
  expect(records.map(({ event }) => event)).toEqual([
    "cleanup_skipped",
    "cleanup_skipped",
    "cleanup_completed",
    "cleanup_skipped",
  ]);
  expect(records[2]).toEqual({
    level: "INFO",
    message: "run sent removed",
    category: "cleanup",
    event: "cleanup_completed",
    run_id: "sent",
    path: join(home.models, "sent"),
    bytes_freed: 5000 + manifest.length + texts.map(([, text]) => text).join("").length,
    files_deleted: 6,
  });
  expect(records[3]).toMatchObject({ run_id: "unsent", reason: "upload_not_verified" });
});

test("a dry run removes nothing, writes nothing, waits for nothing, and says what would go", async () => {
  await using made = await makeHome();
  const { home } = made;
  const { path } = await makeRun(home, "sent", sent);
  const before = await readdir(path);
  const { records, log } = recorded();
  const dry = { ...config, dryRun: true, gracePeriodSeconds: 3600 };
  expect(await cleanRuns(home, dry, { log })).toMatchObject([{ id: "sent", files: 2, reason: "dry_run" }]);
  expect(records).toMatchObject([{ event: "cleanup_dry_run", reason: "dry_run", files_deleted: 2 }]);
  expect(await readdir(path)).toEqual(before);
  expect(await readdir(home.root)).toEqual(["models"]);
});

test("what is off, or not there, is told", async () => {
  await using made = await makeHome();
  await makeRun(made.home, "sent", sent);
  expect(await cleanRuns(made.home, { ...config, enabled: false })).toMatchObject([{ reason: "cleanup_disabled" }]);
  expect(await cleanRun(made.home, "none", config)).toMatchObject({ reason: "directory_not_found", bytes: 0 });
});

test("what is decided before the wait is decided again after it", async () => {
  await using made = await makeHome();
  const { home } = made;
  const path = join(home.models, "sent");
  /** Changes something when the first decision is made. */
  const changing = async (change: () => Promise<unknown>) => {
    await makeRun(home, "sent", sent);
    let asked = 0;
    const needed = async () => {
      if (asked++ === 0) await change();
      return new Set<string>();
    };
    return (await cleanRun(home, "sent", config, { needed })).reason;
  };
  expect(await changing(() => makeRun(home, "sent", { ...sent, status: "interrupted" }))).toBe("run_not_terminal");
  expect(await changing(() => rm(path, { recursive: true }))).toBe("directory_not_found");
  const waiting = { ...config, gracePeriodSeconds: 3600 };
  await makeRun(home, "sent", sent);
  const { records, log } = recorded();
  const stopped = cleanRun(home, "sent", waiting, { signal: AbortSignal.timeout(20), log });
  await expect(stopped).rejects.toMatchObject({ name: "TrainingError" });
  expect(records).toMatchObject([{ level: "ERROR", event: "cleanup_failed", run_id: "sent" }]);
  expect(existsSync(path)).toBe(true);
});

test("a run stays while it is trained, used, queued for use, or what another starts from", async () => {
  await using made = await makeHome();
  const { home } = made;
  const { path, lock } = await makeRun(home, "sent", sent);
  const reason = async (needed: string[] = []) =>
    (await cleanRun(home, "sent", config, { needed: () => Promise.resolve(new Set(needed)) })).reason;
  {
    using _trained = new FileLock(lock, "sent");
    expect(await reason()).toBe("in_use");
  }
  {
    using _used = markInUse(path, "sent");
    expect(await reason()).toBe("in_use");
  }
  {
    using _removed = lockForRemoval(path);
    expect(await reason()).toBe("in_use");
    expect(() => markInUse(path, "sent")).toThrow("run sent is being removed at this moment");
  }
  expect(() => markInUse(join(home.models, "gone"), "gone")).toThrow("run gone is being removed at this moment");
  expect(await reason(["sent"])).toBe("in_use");
  const other = await makeRun(home, "tuned", { status: "running", pretrained_run_id: "sent" });
  expect(await reason()).toBe("in_use");
  await makeRun(home, "tuned", { status: "running", pretrained_run_id: path });
  expect(await reason()).toBe("in_use");
  await rm(other.path, { recursive: true });
  // A process that used it and was killed.
  const { pid } = spawnSync(process.execPath, ["--eval", ""]);
  await writeFile(join(path, ".in-use-x.json"), JSON.stringify({ pid, started: "1", host: hostname() }));
  const again = markInUse(path, "sent");
  expect(await readdir(path)).not.toContain(".in-use-x.json"); // the next user of the run takes it away
  again[Symbol.dispose]();
  expect(await reason()).toBe(null);
});

test("where nothing can be written a run is used without saying so, and not removed", async () => {
  using _use = markInUse("/sys/kernel", "kernel"); // EACCES, to root too
  expect(() => lockForRemoval("/sys/kernel")).toThrow("EACCES");
  await using made = await makeHome();
  await mkdir(made.home.root, { recursive: true });
  await writeFile(join(made.home.root, "file"), "");
  expect(() => markInUse(join(made.home.root, "file"), "none")).toThrow("ENOTDIR");
});

test("use and removal at once: whoever comes, either the run is used or it goes, never both", async () => {
  await using made = await makeHome();
  const { home } = made;
  for (let i = 0; i < 30; i++) {
    const { path } = await makeRun(home, "sent", sent);
    const cleaning = cleanRun(home, "sent", config);
    await new Promise((resolve) => setTimeout(resolve, i / 4));
    using use = usedOrRemoved(path);
    const there = use !== null && existsSync(join(path, "model.safetensors"));
    await cleaning;
    expect(existsSync(join(path, "model.safetensors"))).toBe(there);
  }
});

/** Null where the run is being removed. */
function usedOrRemoved(path: string): Disposable | null {
  try {
    return markInUse(path, "sent");
  } catch (error) {
    if (error instanceof TrainingError && error.code === "RUN_NOT_FOUND") return null;
    throw error;
  }
}

async function makeTokenizer(home: Home, id: string, days = 100): Promise<string> {
  const path = join(home.tokenizers, id);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "tokenizer.json"), "{}");
  const then = Date.now() / 1000 - days * 86_400;
  await utimes(join(path, "tokenizer.json"), then, then);
  await utimes(path, then, then);
  return path;
}

const tokenizers = TokenizerCleanupConfig.parse({ enabled: true });

test("a tokenizer goes when no run names it and it is old", async () => {
  await using made = await makeHome();
  const { home } = made;
  for (const id of ["named", "asked", "by-path", "archived", "queued", "unused"]) await makeTokenizer(home, id);
  await makeTokenizer(home, "new", 29);
  await makeRun(home, "a", { status: "completed", tokenizer_id: "named" });
  await makeRun(home, "b", { status: "failed", tokenizer_id: "", config: { tokenizer: "asked" } });
  await makeRun(home, "c", { status: "completed", tokenizer_id: join(home.tokenizers, "by-path") });
  await makeRun(home, "d", { ...sent, tokenizer_id: "archived" });
  await cleanRun(home, "d", config);
  const needed = () => Promise.resolve(new Set(["queued"]));
  const { records, log } = recorded();

  const dry = await cleanTokenizers(home, { ...tokenizers, dryRun: true }, { needed, log });
  expect(dry.map(({ id, reason }) => [id, reason])).toEqual([
    ["archived", "in_use"],
    ["asked", "in_use"],
    ["by-path", "in_use"],
    ["named", "in_use"],
    ["new", "recently_used"],
    ["queued", "in_use"],
    ["unused", "dry_run"],
  ]);
  expect(records.at(-1)).toMatchObject({ event: "tokenizer_cleanup_dry_run", tokenizer_id: "unused" });
  expect((await cleanTokenizers(home, { ...tokenizers, enabled: false }))[0]).toMatchObject({
    reason: "cleanup_disabled",
  });
  await cleanTokenizers(home, tokenizers, { needed, log });
  expect(await readdir(home.tokenizers)).not.toContain("unused");
  expect(await readdir(home.tokenizers)).toHaveLength(6);
  expect(records.at(-1)).toMatchObject({ event: "tokenizer_cleanup_completed", bytes_freed: 2, files_deleted: 1 });
});

test("a run that does not say which tokenizer it needs keeps all of them", async () => {
  await using made = await makeHome();
  const { home } = made;
  await makeTokenizer(home, "unused");
  const reasons = async () =>
    (await cleanTokenizers(home, { ...tokenizers, dryRun: true })).map(({ reason }) => reason);
  const stub = join(home.models, "stub", "manifest.json");
  await mkdir(dirname(stub), { recursive: true });
  expect(await reasons()).toEqual(["dry_run"]); // no manifest yet: it has not begun
  await writeFile(join(dirname(stub), "config.json"), "{}"); // what had a manifest
  expect(await reasons()).toEqual(["manifest_unreadable"]);
  await writeFile(stub, JSON.stringify({ run_id: "stub", created_at: 1, model_family: "gpt2", model_size: "tiny" }));
  expect(await reasons()).toEqual(["manifest_unreadable"]);
  await writeFile(stub, "{");
  expect(await reasons()).toEqual(["manifest_unreadable"]);
  const { lock } = await makeRun(home, "stub", { status: "running", tokenizer_id: "" });
  expect(await reasons()).toEqual(["dry_run"]); // killed in preparation: it would make its tokenizer again
  using _held = new FileLock(lock, "stub");
  expect(await reasons()).toEqual(["manifest_unreadable"]);
});

test("a run that begins while its tokenizer is being removed gets it back", async () => {
  await using made = await makeHome();
  const { home } = made;
  const path = await makeTokenizer(home, "wanted");
  let asked = 0;
  const needed = () => Promise.resolve(new Set(asked++ === 0 ? [] : ["wanted"]));
  expect(await cleanTokenizers(home, tokenizers, { needed })).toMatchObject([{ reason: "in_use" }]);
  expect(await readdir(path)).toEqual(["tokenizer.json"]);
  asked = 0;
  const failing = () => (asked++ === 0 ? Promise.resolve(new Set<string>()) : Promise.reject(new Error("queue away")));
  const { records, log } = recorded();
  await expect(cleanTokenizers(home, tokenizers, { needed: failing, log })).rejects.toThrow("queue away");
  expect(records).toMatchObject([{ event: "tokenizer_cleanup_failed" }]);
  expect(await readdir(home.tokenizers)).toEqual(["wanted"]);
});

const cached = fc
  .array(
    fc.record({
      bytes: fc.nat(100),
      readMs: fc.nat(10),
      fetchedMs: fc.nat(10),
      inUse: fc.boolean(),
      partial: fc.boolean(),
    }),
    { maxLength: 10 },
  )
  .map((all) => all.map((each, i): CachedCorpus => ({ ...each, id: `c${i}`, path: `c${i}` })));

test("corpora go oldest first, no more than it takes, and never one in use", () => {
  const policy = fc.constantFrom("lru", "oldest");
  fc.assert(
    fc.property(
      cached,
      fc.nat(300),
      fc.nat(300),
      fc.nat(300),
      policy,
      (all, maxBytes, minFreeBytes, free, evictionPolicy) => {
        const config = { enabled: true, dryRun: false, maxBytes, minFreeBytes, evictionPolicy };
        const going = corporaToRemove(all, free, config);
        const sum = (some: readonly CachedCorpus[]) => some.reduce((total, { bytes }) => total + bytes, 0);
        const enough = (gone: readonly CachedCorpus[]) =>
          sum(all) - sum(gone) <= maxBytes && free + sum(gone) >= minFreeBytes;
        const removable = all.filter(({ inUse }) => !inUse);
        expect(going.every(({ inUse }) => !inUse)).toBe(true);
        expect(enough(going) || going.length === removable.length).toBe(true);
        expect(going.length === 0 || !enough(going.slice(0, -1))).toBe(true);
        const time = (corpus: CachedCorpus) => (evictionPolicy === "lru" ? corpus.readMs : corpus.fetchedMs);
        const staying = removable.filter((corpus) => !going.includes(corpus));
        for (const gone of going) for (const kept of staying) expect(time(gone)).toBeLessThanOrEqual(time(kept));
      },
    ),
  );
});

test("the corpus cache shrinks to its limit; what runs and queues need stays", async () => {
  await using made = await makeHome();
  const { home } = made;
  const dir = join(home.root, "corpus_cache");
  const cache = CorpusCacheCleanupConfig.parse({ enabled: true, maxBytes: 250, minFreeBytes: 0 });
  expect(await cleanCorpusCache(home, dir, cache)).toEqual([]);
  for (const [i, id] of ["by-id", "by-path", "queued", "old", "mid", "new"].entries()) {
    await writeFile(join(dir, `${id}.txt`), "x".repeat(100));
    await utimes(join(dir, `${id}.txt`), 1000 + i, 2000 - i);
  }
  await writeFile(join(dir, "fetching.txt.tmp"), "x".repeat(1000));
  await mkdir(join(dir, "folder"));
  await makeRun(home, "a", { status: "running", config: { corpus_file_id: "by-id" } });
  await makeRun(home, "b", { status: "interrupted", config: { corpus_paths: [join(dir, "by-path.txt")] } });
  await makeRun(home, "c", { status: "completed", config: { corpus_file_id: "old" } });
  const needed = () => Promise.resolve(new Set(["queued"]));
  const { records, log } = recorded();
  const clean = (change: object) => cleanCorpusCache(home, dir, { ...cache, ...change }, { needed, log });
  const outcome = async (change: object) => (await clean(change)).map(({ id, reason }) => [id, reason]);

  expect(await outcome({ enabled: false })).toHaveLength(6);
  expect(await outcome({ maxBytes: 450, dryRun: true })).toEqual([
    ["old", "dry_run"],
    ["mid", "dry_run"],
    ["by-id", "in_use"],
    ["by-path", "in_use"],
    ["new", "within_limits"],
    ["queued", "in_use"],
  ]);
  expect(await outcome({ maxBytes: 550, dryRun: true, evictionPolicy: "oldest" })).toContainEqual(["new", "dry_run"]);
  expect(records.map(({ event, reason }) => [event, reason])).toEqual([
    ["corpus_cache_cleanup_skipped", "cleanup_disabled"],
    ["corpus_cache_cleanup_skipped", "dry_run"],
    ["corpus_cache_cleanup_skipped", "dry_run"],
  ]);
  expect((await outcome({})).filter(([, reason]) => reason === null)).toEqual([
    ["old", null],
    ["mid", null],
    ["new", null],
  ]);
  expect(records.slice(3)).toMatchObject([
    { event: "corpus_cache_cleanup_started" },
    { event: "corpus_cache_cleanup_completed", bytes_freed: 300, files_deleted: 3 },
  ]);
  expect((await readdir(dir)).toSorted()).toEqual([
    "by-id.txt",
    "by-path.txt",
    "fetching.txt.tmp",
    "folder",
    "queued.txt",
  ]);
  await clean({ maxBytes: 1000 });
  expect(records.at(-1)).toMatchObject({ event: "corpus_cache_cleanup_skipped", reason: "nothing_to_remove" });
});

test("a disk that runs full empties the cache; a corpus that is named meanwhile is put back", async () => {
  await using made = await makeHome();
  const { home } = made;
  const dir = join(home.root, "corpus_cache");
  await mkdir(dir, { recursive: true });
  for (const id of ["a", "b"]) await writeFile(join(dir, id), "x".repeat(100));
  let asked = 0;
  const needed = () => Promise.resolve(new Set(asked++ < 2 ? [] : ["a"])); // by when it is out of its place
  const cache = CorpusCacheCleanupConfig.parse({ enabled: true, minFreeBytes: 1000 });
  const decisions = await cleanCorpusCache(home, dir, cache, { needed, freeBytes: () => Promise.resolve(900) });
  expect(decisions.map(({ id, reason }) => [id, reason])).toContainEqual(["a", "in_use"]);
  expect(await readdir(dir)).toContain("a");
  // Another cleanup may be quicker.
  const quicker = async () => {
    await rm(join(dir, "a"));
    return 900;
  };
  const second = await cleanCorpusCache(home, dir, cache, { freeBytes: quicker });
  expect(second.map(({ id, reason }) => [id, reason])).toContainEqual(["a", "directory_not_found"]);
  const { records, log } = recorded();
  const broken = { freeBytes: () => Promise.reject(new Error("no disk")), log };
  await expect(cleanCorpusCache(home, dir, cache, broken)).rejects.toThrow("no disk");
  expect(records).toMatchObject([{ level: "ERROR", event: "corpus_cache_cleanup_failed" }]);
});

test("a corpus that is read since it was listed stays in its place all the time", async () => {
  await using made = await makeHome();
  const { corpusCache: dir } = made.home;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "a.txt"), "x");
  const whenAsked: boolean[] = [];
  const needed = () => {
    whenAsked.push(existsSync(join(dir, "a.txt")));
    return Promise.resolve(new Set<string>());
  };
  using uses = new Disposables();
  const freeBytes = () => {
    uses.use(markCachedInUse(dir, "a")); // after the list, before anything is taken away
    return Promise.resolve(900);
  };
  const cache = CorpusCacheCleanupConfig.parse({ enabled: true, maxBytes: 0, minFreeBytes: 0 });
  const decisions = await cleanCorpusCache(made.home, dir, cache, { needed, freeBytes });
  expect(decisions).toMatchObject([{ id: "a", reason: "in_use" }]);
  expect(whenAsked).toEqual([true, true]);
});

test("what processes that were killed while they read a corpus have left goes with it", async () => {
  await using made = await makeHome();
  const { corpusCache: dir } = made.home;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "a.txt"), "x");
  const { pid } = spawnSync(process.execPath, ["--eval", ""]);
  await writeFile(join(dir, ".in-use-a-1.json"), JSON.stringify({ pid, started: "1", host: hostname() }));
  const cache = CorpusCacheCleanupConfig.parse({ enabled: true, maxBytes: 0, minFreeBytes: 0 });
  expect(await cleanCorpusCache(made.home, dir, cache)).toMatchObject([{ id: "a", reason: null }]);
  expect(await readdir(dir)).toEqual([]);
});

test("what killed writers left in runs and tokenizers goes with a cleanup, unless that is off or a dry run", async () => {
  await using made = await makeHome();
  const { home } = made;
  const half = [join(home.models, "r", "eval"), home.archived, join(home.tokenizers, "t")].map((dir) =>
    temporaryName(join(dir, "a.json")),
  );
  for (const path of half) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "{");
    await utimes(path, 0, 0);
  }
  const left = () => half.map((path) => existsSync(path));
  for (const off of [{ enabled: false }, { dryRun: true }]) {
    await cleanRuns(home, { ...config, ...off });
    await cleanTokenizers(home, { ...tokenizers, ...off });
  }
  expect(left()).toEqual([true, true, true]);
  await cleanRuns(home, config);
  expect(left()).toEqual([false, false, true]);
  await cleanTokenizers(home, tokenizers);
  expect(left()).toEqual([false, false, false]);
});

test("what an interrupted removal left goes an hour later", async () => {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, ".removed-a-1"));
  await finishRemovals(temporary.path);
  expect(await readdir(temporary.path)).toEqual([".removed-a-1"]);
  await finishRemovals(temporary.path, -1);
  expect(await readdir(temporary.path)).toEqual([]);
  await finishRemovals(join(temporary.path, "none"));
  expect(await measure(join(temporary.path, "none"))).toEqual({ bytes: 0, files: 0, mtimeMs: 0 });
  await expect(removeAside(join(temporary.path, "none"))).rejects.toThrow("ENOENT");
});

const DAY = 86_400_000;
const limits = { maxBytes: 150, maxUnusedDays: 30 };

test("of bins those go that are unused for long, and the longest unused until the others fit", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.nat(100), usedMs: fc.nat(60).map((days) => days * DAY), inUse: fc.boolean() })),
      (drawn) => {
        const sets = drawn.map((each, i): CachedBins => ({ ...each, id: `b${i}` }));
        const going = binsToRemove(sets, limits, 60 * DAY);
        const staying = sets.filter((set) => !going.includes(set));
        expect(going.some(({ inUse }) => inUse)).toBe(false);
        const free = staying.filter(({ inUse }) => !inUse);
        for (const { usedMs } of free) expect(usedMs).toBeGreaterThanOrEqual(30 * DAY);
        const newest = Math.max(0, ...going.map(({ usedMs }) => usedMs));
        for (const { usedMs } of free) expect(usedMs).toBeGreaterThanOrEqual(newest);
        const total = staying.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(free.length === 0 || total <= limits.maxBytes).toBe(true);
        // Not one more than must: with the last that went back in, a limit is broken.
        const needless = going.slice(-1).filter(({ bytes, usedMs }) => total + bytes <= 150 && usedMs >= 30 * DAY);
        expect(needless).toEqual([]);
      },
    ),
  );
});

async function makeBins(home: Home, id: string, days: number) {
  const path = join(binsFolder(home), id);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "train.bin"), Buffer.alloc(100));
  const then = Date.now() / 1000 - days * 86_400;
  await utimes(join(path, "train.bin"), then, then);
  await utimes(path, then, then);
  return path;
}

test("bins that a process reads stay, whatever their age; of one that was killed they go", async () => {
  await using made = await makeHome();
  const { home } = made;
  for (const id of ["old", "read", "left"]) await makeBins(home, id, 31);
  await makeBins(home, "young", 29);
  await makeBins(home, "large", 28);
  const bins = BinsCleanupConfig.parse({ maxBytes: 200 });
  const dead = join(binsFolder(home), ".in-use-left-0.json");
  await writeFile(dead, JSON.stringify({ pid: 2 ** 22 + 1, started: "then", host: hostname() }));
  const { records, log } = recorded();
  const decide = async (change: object) =>
    (await cleanBins(home, { ...bins, ...change }, { log })).map(({ id, reason }) => [id, reason]);
  expect((await decide({ enabled: false }))[0]).toEqual(["large", "cleanup_disabled"]);
  {
    using _use = await markBinsInUse(binsFolder(home), "read");
    await utimes(join(binsFolder(home), "read"), 0, 0);
    expect(await decide({ dryRun: true })).toEqual([
      ["large", "within_limits"],
      ["left", "dry_run"],
      ["old", "dry_run"],
      ["read", "in_use"],
      ["young", "dry_run"],
    ]);
    await decide({});
  }
  expect(records).toContainEqual(expect.objectContaining({ event: "bins_cleanup_completed", bins_id: "old" }));
  expect((await readdir(binsFolder(home))).toSorted()).toEqual(["large", "read"]);
  expect(await decide({})).toEqual([
    ["large", "within_limits"],
    ["read", null],
  ]);
  using _use = await markBinsInUse(binsFolder(home), "large"); // which is its use: it is young again
  expect(await decide({ maxBytes: 0 })).toEqual([["large", "in_use"]]);
});

test("bins that somebody begins to read while they are removed stay", async () => {
  await using made = await makeHome();
  const { home } = made;
  await makeBins(home, "a-first", 31);
  await makeBins(home, "wanted", 31);
  const dir = binsFolder(home);
  const uses: Disposable[] = [];
  // A listener that begins to read the second set when the first is removed.
  const log = ({ event }: CleanupRecord) => {
    if (event === "bins_cleanup_completed") uses.push(markCachedInUse(dir, "wanted"));
  };
  expect(await cleanBins(home, BinsCleanupConfig.parse({}), { log })).toMatchObject([
    { id: "a-first", reason: null },
    { id: "wanted", reason: "in_use" },
  ]);
  for (const use of uses) use[Symbol.dispose]();
  expect(await readdir(dir)).toEqual(["wanted"]);
});

test("bins where nothing can be written are read without a word; a cache that cannot be looked at is an error", async () => {
  using _use = await markBinsInUse("/sys/kernel", "none"); // where not even root makes a file
  await using made = await makeHome();
  await writeFile(made.home.root, "no folder");
  await expect(markBinsInUse(binsFolder(made.home), "none")).rejects.toMatchObject({ code: "ENOTDIR" });
});
