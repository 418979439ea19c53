import fs, { appendFileSync, existsSync, statSync, type ReadStream } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { scratch, tiny, writeCorpus } from "@trainer/testing";
import { resume, train } from "@trainer/training";
import { afterEach, expect, test } from "vitest";

const { createReadStream, readFileSync } = fs;
afterEach(() => {
  Object.assign(fs, { createReadStream, readFileSync });
  syncBuiltinESMExports();
});

/** Number of times that files with this ending are read to their ends, and only their starts, while `work` is done. */
async function readings(ending: string, work: () => Promise<unknown>): Promise<{ whole: number; starts: number }> {
  const count = { whole: 0, starts: 0 };
  const closed: Promise<void>[] = [];
  const add = (path: string, bytes: number) => (count[bytes >= statSync(path).size ? "whole" : "starts"] += 1);
  const stream = (...args: Parameters<typeof createReadStream>): ReadStream => {
    const opened = createReadStream(...args);
    const path = String(args[0]);
    if (path.endsWith(ending)) {
      closed.push(new Promise((resolve) => opened.once("close", () => resolve(void add(path, opened.bytesRead)))));
    }
    return opened;
  };
  const file = (...args: Parameters<typeof readFileSync>) => {
    const bytes = readFileSync(...args);
    if (String(args[0]).endsWith(ending)) add(String(args[0]), bytes.length);
    return bytes;
  };
  Object.assign(fs, { createReadStream: stream, readFileSync: file });
  syncBuiltinESMExports();
  await work();
  await Promise.all(closed);
  return count;
}

const LARGE = 120_000; // lines, 6 MB: more than is looked at before there is a run, and than a batch of documents
const options = { ...tiny, maxSteps: 1, evalTokens: 100 };

test("a text is read three times to train on it: to hash and split it, to learn a vocabulary, and to encode it", async () => {
  await using home = await scratch("passes");
  const corpus = writeCorpus(join(home.path, "one.text"), LARGE);
  const context = { home: home.path };
  const run = (more: object = {}) => readings(".text", () => train({ ...options, corpus, ...more }, context));
  expect(statSync(corpus).size).toBeGreaterThan(6e6);
  // Besides, its start is looked at once, and the tokenizer tried on it.
  expect(await run({ runId: "first" })).toEqual({ whole: 3, starts: 2 });
  // All that is made of it is there: only its hash is taken.
  expect(await run()).toEqual({ whole: 1, starts: 2 });
  expect(await run({ tokenizerMethod: "char" })).toEqual({ whole: 4, starts: 2 });
  expect(await readings(".text", () => resume("first", context))).toEqual({ whole: 0, starts: 0 });
});

test("a small text is read once before there is a run, and not for its hash again", async () => {
  await using home = await scratch("passes-small");
  const corpus = writeCorpus(join(home.path, "two.text"), 2000);
  const run = (more: object = {}) =>
    readings(".text", () => train({ ...options, corpus, ...more }, { home: home.path }));
  const [start, tried] = [1, 1]; // which take all of it
  expect(await run()).toEqual({ whole: start + tried + 3, starts: 0 });
  expect(await run({ seed: 8, holdoutFraction: 0, testSplitRatio: 0 })).toEqual({
    whole: start + tried + 3,
    starts: 0,
  });
});

test("a text that is written to after a run was trained on it is not taken for what it was", async () => {
  await using home = await scratch("passes-changed");
  const corpus = writeCorpus(join(home.path, "three.text"), 2000);
  const warnings: string[] = [];
  const result = await train(
    { ...options, corpus, runId: "changed" },
    {
      home: home.path,
      onStep: () => appendFileSync(corpus, "one more line\n"),
      onEvent: (e) => e.type === "warning" && warnings.push(e.message),
    },
  );
  expect(result.status).toBe("completed");
  expect(warnings).toEqual([expect.stringContaining("has changed since it was trained")]);
  expect(existsSync(join(home.path, "models", "changed", "eval"))).toBe(false);
});
