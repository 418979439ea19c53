import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHome } from "./home.js";
import { FileLock } from "./file-lock.js";
import { namedByRuns, runsNaming } from "./references.js";
import { runFolder } from "./run-folder.js";
import { temporaryFolder } from "./temporary-folder.js";

test("tokenizers are named by all runs, texts and models only by those that are not finished", async () => {
  await using folder = await temporaryFolder();
  const home = openHome(folder.path);
  const make = async (id: string, manifest: object | string | null) => {
    const run = runFolder(home.root, id);
    await mkdir(run.path, { recursive: true });
    const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
    if (manifest !== null) await writeFile(run.manifest, text);
    return run;
  };
  const ofFolder = join(home.tokenizers, "t2");
  await make("running", {
    status: "running",
    tokenizer_id: "t1",
    pretrained_run_id: "base",
    config: { tokenizer: ofFolder, corpus_paths: ["a.txt", "b.txt"], corpus_file_id: "file", teacher: "wise" },
  });
  await make("queued", { corpus_path: "c.txt", config: { tokenizer: "t1" } });
  await make("completed", { status: "completed", tokenizer_id: "t1", pretrained_run_id: "x", corpus_path: "x.txt" });
  await make("failed", { status: "failed", tokenizer_id: "t3", pretrained_run_id: "y", corpus_path: "y.txt" });
  await make("empty", null);
  const torn = await make("torn", '{"status');
  const missing = await make("missing", null);
  await writeFile(missing.weights, "");
  await make("prepared", { status: "running", tokenizer_id: "" });
  const preparing = await make("preparing", { status: "running", tokenizer_id: "" });
  using _held = new FileLock(preparing.lock, "preparing");
  await mkdir(home.archived, { recursive: true });
  await writeFile(join(home.archived, "archived.json"), '{"status":"completed","tokenizer_id":"t4"}');

  const named = await namedByRuns(home);
  expect(Object.fromEntries(named.tokenizers)).toEqual({
    t1: ["completed", "queued", "running"],
    [ofFolder]: ["running"],
    t3: ["failed"],
    t4: ["archived"],
  });
  expect([...named.pretrained]).toEqual(["base", "wise"]);
  expect([...named.corpora].filter(Boolean).toSorted()).toEqual(["a.txt", "b.txt", "c.txt", "file"]);
  const queued = runFolder(home.root, "queued");
  expect(named.unknown.toSorted()).toEqual(
    [missing, preparing, queued, torn].map(({ manifest }) => manifest).toSorted(),
  );
  expect(runsNaming(named, home, "t1")).toEqual(["completed", "queued", "running"]);
  expect(runsNaming(named, home, "t2")).toEqual(["running"]); // by its folder
  expect(runsNaming(named, home, "t5")).toEqual([]);
});
