import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "@trainer/disk";
import { expect, test } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "./temporary-folder.js";
import { isAskedFor, RequestStore } from "./request-store.js";
import { clearUnsaved, hasBegun, newRunId, runFolder } from "./run-folder.js";
import { tokenizerFileIn } from "./tokenizer-file.js";

async function newRun(files: Readonly<Record<string, string>> = {}) {
  const home = await temporaryFolder();
  const folder = runFolder(home.path, "r");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder.path, name, ".."), { recursive: true });
    await writeFile(join(folder.path, name), content);
  }
  return { folder, home: home.path, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

test("a run id names family and size, is short, and differs from others", () => {
  const ids = Array.from({ length: 20 }, () => newRunId("gpt2", "tiny"));
  for (const id of ids) expect(id).toMatch(/^gpt2-tiny-[0-9a-f]{8}$/);
  expect(new Set(ids).size).toBe(20);
  expect(ids.every(isId)).toBe(true);
});

test.each<[boolean, string, Record<string, string>]>([
  [false, "no folder", {}],
  [false, "an empty manifest, and nothing saved", { "manifest.json": "" }],
  [false, "a manifest that says who asked for what", { "manifest.json": '{"user_id":1}', "logs.jsonl": "" }],
  [true, "a manifest with a status", { "manifest.json": '{"status":"running"}' }],
  [true, "checkpoints, and no manifest", { "checkpoints/step-00000001/COMMIT": "1" }],
  [true, "weights, and a manifest that is torn", { "model.safetensors": "1", "manifest.json": '{"stat' }],
])("whether a training has begun is %s for %s", async (begun, _, files) => {
  await using run = await newRun(files);
  expect(await hasBegun(run.folder)).toBe(begun);
});

test("what a training that saved nothing has left is removed, but for its log, the notes on it, its lock and what is hidden", async () => {
  await using run = await newRun({
    "manifest.json": "{}",
    "logs.jsonl": "a line",
    "lock.json": "{}",
    "notes.json": "{}",
    ".request.json": "{}",
    "checkpoints/.tmp/x": "1",
    "metrics.jsonl": "1",
  });
  await clearUnsaved(run.folder);
  expect((await readdir(run.folder.path)).toSorted()).toEqual([
    ".request.json",
    "lock.json",
    "logs.jsonl",
    "notes.json",
  ]);
});

test("what a service was asked for is kept with its run until that has ended, and of one that never began nothing is left", async () => {
  await using run = await newRun();
  const store = new RequestStore<number>(run.home, {
    encode: String,
    decode: (text) => z.int().parse(JSON.parse(text)),
  });
  expect([await store.read("r"), await store.runIds(), await isAskedFor(run.folder)]).toEqual([null, [], false]);
  await store.keep("r", 7);
  await store.keep("begun", 8);
  await mkdir(join(run.home, "models", ".removed-x"));
  expect([await store.read("r"), await isAskedFor(run.folder)]).toEqual([7, true]);
  expect((await store.runIds()).toSorted()).toEqual(["begun", "r"]);

  const begun = runFolder(run.home, "begun");
  await writeFile(begun.manifest, '{"status":"completed"}');
  expect(await isAskedFor(begun)).toBe(false);
  for (const id of ["r", "begun", "never"]) await store.settle(id);
  expect(await store.runIds()).toEqual(["begun"]);
  expect(await readdir(begun.path)).toEqual(["manifest.json"]);
  expect(await store.read("begun")).toBeNull();

  await store.keep("r", 9);
  await writeFile(join(run.folder.path, "mine.txt"), "");
  await store.settle("r");
  expect(await readdir(run.folder.path)).toEqual(["mine.txt"]); // a folder that holds something else stays
});

test("a model's tokenizer is a file of one of the known names, the first of them", async () => {
  await using run = await newRun({ "tokenizer.json/x": "a folder", "tokenizer.model": "" });
  expect(await tokenizerFileIn(run.folder.path)).toBe(join(run.folder.path, "tokenizer.model"));
  await using none = await newRun({ "tokenizer_config.json": "{}" });
  expect(await tokenizerFileIn(none.folder.path)).toBeNull();
});
