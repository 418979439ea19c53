import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { TokenizerTrainRequest, TokenizerId } from "@trainer/platform";
import { startSystem, TOKENIZER, type System } from "@trainer/testing/system";
import { binsFolder, openHome } from "@trainer/training/files";
import { homeId } from "../src/home-id.js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const YEARS_AGO = new Date("2020-01-01");

function leave(path: string, name: string): string {
  mkdirSync(path, { recursive: true });
  const file = join(path, name);
  writeFileSync(file, "text");
  for (const each of [file, path]) utimesSync(each, YEARS_AGO, YEARS_AGO);
  return path;
}

const dead = (uuid: string) => `.tmp-${2 ** 22 + 1}..-${uuid}-${hostname()}`;
const UUID = "00000000-0000-4000-8000-000000000000";

/** As if no worker had looked the homes through. */
async function forgetLooks(): Promise<void> {
  for (const key of await system.redis.keys("trainer:housekeeping:*")) await system.redis.del(key);
}

test("a worker removes by itself what nobody needs, by its settings, and nothing that a job in the queue needs", async () => {
  const home = openHome(system.root);
  const bins = leave(join(binsFolder(home), "0".repeat(32)), "train.bin");
  const half = [home.models, home.tokenizers, join(home.cache, "sending")].map((dir) =>
    leave(join(dir, dead(UUID)), "x"),
  );
  const written = [
    home.models,
    home.archived,
    join(system.root, "queued-tokenizers"),
    join(system.root, "corpus", ".uploads"),
  ].map((dir) => join(leave(dir, `a.json.${UUID}.tmp`), `a.json.${UUID}.tmp`));
  const answer = `${"4".repeat(64)}.3600.json`;
  half.push(join(leave(join(system.root, "answers"), answer), answer));
  const unused = leave(join(home.tokenizers, "tok-unused"), "tokenizer.json");
  leave(join(home.tokenizers, TOKENIZER), "tokenizer.json.note");
  const queued = leave(join(home.tokenizers, "tok-queued"), "tokenizer.json");
  const corpora = ["a", "b", "c"].map((letter) => letter.repeat(64));
  const text = (id: string) => join(home.corpusCache, `${id}.txt`);
  for (const id of corpora) leave(home.corpusCache, `${id}.txt`);
  const [wanted = "", learned = "", idle = ""] = corpora;
  const fields = {
    tokenizer_id: TokenizerId.parse("tok-queued"),
    corpus_path: null,
    corpus_file_id: wanted.toUpperCase(),
  };
  await system.queues.trainer.pause();
  await system.train("waiting", fields);
  const asked = TokenizerTrainRequest.parse({ corpus_file_id: learned });
  await system.add("trainer", "tokenizer", { tokenizer_id: TokenizerId.parse("tok-new"), request: asked });
  await system.queues.trainer.add("unheard-of", {});

  const logs: string[] = [];
  const log = { write: (line: string) => logs.push(line) };
  const clean = { enabled: true, maxBytes: 0, minFreeBytes: 0 } as const;
  {
    await using _worker = await system.startWorker({ logLevel: "debug", corpusCacheCleanup: clean }, { log });
    await vi.waitFor(() => expect(existsSync(text(idle))).toBe(false));
    await vi.waitFor(() => expect(logs.join("")).toContain("tokenizer_cleanup_skipped")); // the last to be done
  }
  await forgetLooks();
  expect([bins, ...half, ...written].filter((path) => existsSync(path))).toEqual([]);
  expect([text(wanted), text(learned), unused, queued].filter((path) => !existsSync(path))).toEqual([]);

  await using _second = await system.startWorker(
    { logLevel: "info", tokenizerCleanup: { enabled: true } },
    { log, pace: { housekeeping: 50 } },
  );
  await vi.waitFor(() => expect(logs.join("")).toContain("tokenizer_cleanup_completed"));
  expect([unused, queued].map((path) => existsSync(path))).toEqual([false, true]);
  const events = logs.map((line) => line.split('"event":"')[1]?.split('"')[0]);
  expect(events).toEqual(
    expect.arrayContaining(["bins_cleanup_completed", "corpus_cache_cleanup_completed", "tokenizer_cleanup_completed"]),
  );
  // Again and again, and what fails does not keep the rest from being looked at.
  const sending = join(home.cache, "sending");
  rmSync(sending, { recursive: true });
  writeFileSync(sending, "no folder");
  const again = leave(join(binsFolder(home), "1".repeat(32)), "train.bin");
  await vi.waitFor(() => expect(existsSync(again)).toBe(false));
  await vi.waitFor(() => expect(logs.join("")).toContain("housekeeping_failed"));
});

test("after another worker has looked the home through, this one does not for a while", async () => {
  const artifactsRoot = join(system.root, "another-home");
  const aged = leave(join(binsFolder(openHome(artifactsRoot)), "2".repeat(32)), "train.bin");
  await system.redis.set(`trainer:housekeeping:${await homeId(artifactsRoot)}`, "1");
  await using _worker = await system.startWorker({ artifactsRoot }, { pace: { housekeeping: 50 } });
  await setTimeout(200);
  expect(existsSync(aged)).toBe(true);
  await forgetLooks();
  await vi.waitFor(() => expect(existsSync(aged)).toBe(false));
});

test("what a worker has done for its home it has not done for another that has the same Redis", async () => {
  const artifactsRoot = join(system.root, "third-home");
  const aged = [system.root, artifactsRoot].map((root) =>
    leave(join(binsFolder(openHome(root)), "3".repeat(32)), "train.bin"),
  );
  await forgetLooks();
  await using _one = await system.startWorker();
  await using _other = await system.startWorker({ artifactsRoot });
  await vi.waitFor(() => expect(aged.filter((path) => existsSync(path))).toEqual([]));
});

test("a cleanup that fails is told as an error, and takes nothing", async () => {
  const home = openHome(system.root);
  const aged = leave(join(home.tokenizers, "tok-unused"), "tokenizer.json");
  const { id } = await system.queues.trainer.add("unheard-of", {});
  await system.redis.hset(`bull:trainer:${id}`, "data", "{");
  await forgetLooks();
  const logs: string[] = [];
  const tokenizerCleanup = { enabled: true, minUnusedDays: 1 };
  await using _worker = await system.startWorker(
    { logLevel: "info", tokenizerCleanup },
    { log: { write: (line) => logs.push(line) } },
  );
  await vi.waitFor(() => expect(logs.join("")).toContain('"event":"tokenizer_cleanup_failed"'));
  expect(logs.find((line) => line.includes("tokenizer_cleanup_failed"))).toContain('"level":"ERROR"');
  expect(existsSync(aged)).toBe(true);
});
