import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { asSha256, containing, matching, scratchPath } from "@trainer/testing";
import {
  addCorpus,
  cachedCorpora,
  cachedPath,
  cleanCorpusCache,
  CorpusCacheCleanupConfig,
  fetchCorpus,
  openHome,
  type FetchProgress,
} from "@trainer/training";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { takeLock, waitForLock } from "../src/home/wait-for-lock.js";
import { gate, latch, startBank, startTransfer, type Bank } from "./bank.js";

let root = "";
let bank: Bank;
let home = openHome("none");
beforeAll(async () => {
  root = scratchPath("fetch-corpus");
  bank = await startBank(join(root, "bank"));
});
afterAll(async () => {
  await bank[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});
beforeEach(() => (home = openHome(join(root, randomBytes(4).toString("hex")))));

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A text of its own in the service. */
async function stored(bytes = 1_000_000): Promise<string> {
  const path = join(root, "text");
  writeFileSync(path, randomBytes(bytes / 2).toString("hex"));
  return (await bank.client().upload(path, "text/plain")).file_id;
}
const path = (id: string) => cachedPath(home.corpusCache, id);
const inCache = () => readdirSync(home.corpusCache);

test("a corpus is fetched once, tells how far it is, and lies in the cache by its id", async () => {
  const id = await stored();
  const seen: FetchProgress[] = [];
  const before = bank.asked("GET");
  for (const given of [id, ` ${id.toUpperCase()}\n`]) {
    using corpus = await fetchCorpus(given, { home, dataBank: bank.client(), onFetch: (at) => seen.push(at) });
    expect(corpus).toMatchObject({ fileId: id, path: path(id), bytes: 1_000_000 });
    expect(sha256(readFileSync(corpus.path))).toBe(id);
  }
  expect(seen.at(-1)).toEqual({ what: "corpus", id, bytes: 1_000_000, totalBytes: 1_000_000 });
  expect(bank.asked("GET") - before).toBe(1);
  using _cached = await fetchCorpus(id, { home }); // no request for what is there
});

test("the sign of a process that was killed while it had a corpus is taken away by the next that has it", async () => {
  const id = await stored(100);
  using _living = await fetchCorpus(id, { home, dataBank: bank.client() });
  const living = inCache().filter((name) => name.startsWith(".in-use-"));
  const dead = JSON.stringify({ pid: process.pid, started: "1", host: hostname() });
  writeFileSync(join(home.corpusCache, `.in-use-${id}-dead.json`), dead);
  (await fetchCorpus(id, { home }))[Symbol.dispose]();
  expect(inCache().filter((name) => name.startsWith(".in-use-"))).toEqual(living);
});

test("corpora lie where a data root is given", async () => {
  const id = await stored(100);
  const elsewhere = openHome(home.root, join(root, "data"));
  using corpus = await fetchCorpus(id, { home: elsewhere, dataBank: bank.client() });
  expect(corpus.path).toBe(join(root, "data", "corpus_cache", `${id}.txt`));
});

test("one that was damaged in the cache is fetched again", async () => {
  const id = await stored();
  (await fetchCorpus(id, { home, dataBank: bank.client() }))[Symbol.dispose]();
  writeFileSync(path(id), "other");
  using _again = await fetchCorpus(id, { home, dataBank: bank.client() });
  expect(sha256(readFileSync(path(id)))).toBe(id);
});

test("what there is not, or nobody can be asked for, is told apart from what may pass", async () => {
  const dataBank = bank.client();
  const absent = { code: "CORPUS_NOT_FOUND", failureClass: "USER_INPUT" };
  const id = "a".repeat(64);
  await expect(fetchCorpus(id, { home, dataBank })).rejects.toMatchObject({
    ...absent,
    message: `the file service has no corpus ${id}`,
  });
  await expect(fetchCorpus("../../etc/passwd", { home, dataBank })).rejects.toMatchObject({
    ...absent,
    message: containing("64 hexadecimal digits"),
  });
  await expect(fetchCorpus(id, { home })).rejects.toMatchObject({
    ...absent,
    message: containing("APP__DATA_BANK_API_URL"),
  });
  await expect(fetchCorpus(id, { home, dataBank: bank.client("http://127.0.0.1:1") })).rejects.toMatchObject({
    code: "EXTERNAL_SERVICE_ERROR",
    failureClass: "TRANSIENT",
    message: matching(/corpus a+ cannot be fetched: .*ECONNREFUSED/),
  });
  const stranger = bank.client(bank.url, { apiKey: "wrong" });
  await expect(fetchCorpus(id, { home, dataBank: stranger })).rejects.toMatchObject({ failureClass: "FATAL" });
  writeFileSync(join(root, "file"), "");
  const nowhere = openHome(home.root, join(root, "file"));
  await expect(fetchCorpus(id, { home: nowhere, dataBank })).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
  expect(inCache()).toEqual([]);
});

test("stopped in the middle, it stops with the reason, and goes on the next time", async () => {
  const id = await stored(3_000_000);
  const stop = new AbortController();
  const reason = new Error("enough");
  const onFetch = () => stop.abort(reason);
  const stopped = fetchCorpus(id, { home, dataBank: bank.client(), signal: stop.signal, onFetch });
  await expect(stopped).rejects.toBe(reason);
  expect(inCache()).toEqual([matching(/\.part$/)]);
  using _corpus = await fetchCorpus(id, { home, dataBank: bank.client() });
  const late = fetchCorpus(id, { home, signal: AbortSignal.abort(reason) });
  await expect(late).rejects.toBe(reason);
});

test("killed in the middle of fetching, the next process asks for the rest alone", async () => {
  const id = await stored(4_000_000);
  await using slow = await gate(bank.url, { down: 2_000_000 });
  const child = startTransfer({ what: "corpus", url: slow.url, home: home.root, id });
  await slow.reached;
  const partBytes = () => {
    const part = inCache().find((name) => name.endsWith(".part"));
    return part === undefined ? 0 : statSync(join(home.corpusCache, part)).size;
  };
  while (partBytes() === 0) await setTimeout(5); // it is on its way, but not yet written
  await child.kill();
  const there = partBytes();
  const listed = await cachedCorpora(home, home.corpusCache);
  expect(listed).toMatchObject([{ id, bytes: there, partial: true, inUse: false }]);
  const seen: number[] = [];
  using corpus = await fetchCorpus(id, { home, dataBank: bank.client(), onFetch: ({ bytes }) => seen.push(bytes) });
  expect(seen[0]).toBeGreaterThan(there);
  expect(sha256(readFileSync(corpus.path))).toBe(id);
});

test("processes that want the same corpus at once fetch it once", async () => {
  const id = await stored(5_000_000);
  const before = bank.asked("GET");
  const task = { what: "corpus", url: bank.url, home: home.root, id } as const;
  const here = [1, 2, 3].map(() => fetchCorpus(id, { home, dataBank: bank.client() }));
  const said = await Promise.all([startTransfer(task).ended, startTransfer(task).ended]);
  expect(said).toEqual([path(id), path(id)]);
  for (const corpus of await Promise.all(here)) corpus[Symbol.dispose]();
  expect(bank.asked("GET") - before).toBe(1);
  expect(inCache()).toEqual([`${id}.txt`]);
});

const none = CorpusCacheCleanupConfig.parse({ enabled: true, maxBytes: 0, minFreeBytes: 0 });

test("no cleanup takes a corpus that is read or fetched at that moment", async () => {
  const id = await stored();
  const other = await stored(3_000_000);
  const stop = new AbortController();
  const begun = latch();
  await using slow = await gate(bank.url, { down: 1_000_000 });
  const fetching = fetchCorpus(other, {
    home,
    dataBank: bank.client(slow.url),
    signal: stop.signal,
    onFetch: begun.open,
  });
  await begun.opened;
  {
    using _corpus = await fetchCorpus(id, { home, dataBank: bank.client() });
    const decisions = await cleanCorpusCache(home, home.corpusCache, none);
    expect(decisions.map(({ reason }) => reason)).toEqual(["in_use", "in_use"]);
  }
  stop.abort();
  await expect(fetching).rejects.toThrow("aborted");
  const decisions = await cleanCorpusCache(home, home.corpusCache, none);
  expect(decisions.map(({ reason }) => reason)).toEqual([null, null]);
  expect(inCache()).toEqual([]);
});

test("fetching and cleaning up at once: what is held is there, whoever comes first", async () => {
  const ids = [await stored(1000), await stored(1000)];
  const over = new AbortController();
  const cleaning = (async () => {
    while (!over.signal.aborted) await cleanCorpusCache(home, home.corpusCache, none);
  })();
  const reading = ids.map(async (id) => {
    for (let i = 0; i < 25; i++) {
      using corpus = await fetchCorpus(id, { home, dataBank: bank.client() });
      expect(sha256(readFileSync(corpus.path))).toBe(id);
      await cleanCorpusCache(home, home.corpusCache, none);
      expect(existsSync(corpus.path)).toBe(true);
    }
  });
  await Promise.all(reading);
  over.abort();
  await cleaning;
});

test("a lock that a process elsewhere has not touched for long is taken over, and not before", async () => {
  const lock = join(root, "elsewhere.json");
  writeFileSync(lock, JSON.stringify({ pid: 1, started: "1", host: `not-${hostname()}` }));
  const stop = new AbortController();
  const waiting = waitForLock(lock, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow("aborted");
  const taken = waitForLock(lock, undefined, 400);
  for (let touches = 1; touches < 40; touches++) {
    utimesSync(lock, touches, touches);
    await setTimeout(20);
  }
  expect(readFileSync(lock, "utf8")).toContain(`not-${hostname()}`);
  using _lock = await taken;
  expect(readFileSync(lock, "utf8")).toContain(`"pid":${process.pid}`);
});

test("who holds a lock touches it, so that others see that it lives, and bears its being taken away", async () => {
  const lock = join(root, "held.json");
  using _lock = takeLock(lock, 5);
  for (let i = 0; i < 3; i++) {
    utimesSync(lock, 1, 1);
    while (statSync(lock).mtimeMs === 1000) await setTimeout(5);
  }
  rmSync(lock);
  await setTimeout(20);
  expect(existsSync(lock)).toBe(false);
});

test("a text that is added is in the service and in the cache, held while it is needed", async () => {
  const text = join(root, "added.txt");
  writeFileSync(text, "to be\nor not\n");
  {
    using added = await addCorpus(text, { home, dataBank: bank.client() });
    expect(added).toMatchObject({ fileId: sha256("to be\nor not\n"), bytes: 13, path: path(added.fileId) });
    expect(await bank.client().info(asSha256(added.fileId))).toMatchObject({
      content_type: "text/plain; charset=utf-8",
    });
    const kept = await cleanCorpusCache(home, home.corpusCache, none);
    expect(kept.map(({ reason }) => reason)).toEqual(["in_use"]);
  }
  expect(inCache()).toHaveLength(1);
  const latin1 = join(root, "latin1.txt");
  writeFileSync(latin1, Buffer.from("the caf\u00e9 of the old king\n", "latin1"));
  {
    using odd = await addCorpus([text, latin1], { home, dataBank: bank.client() });
    expect(odd.leftOut.characters).toEqual({ count: 1, files: [{ path: latin1, count: 1, share: 1 / 25 }] });
  }
  const stopped = addCorpus(text, { home, dataBank: bank.client(), signal: AbortSignal.abort(new Error("enough")) });
  await expect(stopped).rejects.toThrow("enough");
});
