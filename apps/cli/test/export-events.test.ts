import { mkdir, rename, rm } from "node:fs/promises";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileLock } from "@trainer/training/files";
import { containing } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

const shared = { folder: "", home: "" };
const { trainer, json } = commandLine(() => shared.home);
const run = () => join(shared.home, "models", "one");
const events = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));

beforeAll(async () => {
  const { folder, corpus } = await corpusFolder();
  Object.assign(shared, { folder, home: join(folder, "home") });
  const line = ["train", corpus, ...TINY, "--max-steps", "4", "--tensorboard", "--run-id", "one"];
  await trainer(line);
});

test("train --tensorboard writes event files into the run's folder, and export-events writes them anew", async () => {
  const [first = ""] = events(run());
  expect(events(join(run(), "by_tokens"))).toHaveLength(1);
  await rm(join(run(), first));
  const { stdout, code } = await trainer(["export-events", "one"]);
  expect(code).toBe(0);
  expect(events(run())).toHaveLength(1);
  expect(stdout).toContain(join(run(), events(run())[0] ?? ""));
  expect(stdout).toContain(`tensorboard --logdir ${run()}`);
});

test("export-events --out writes elsewhere, also while the run goes on", async () => {
  const out = join(shared.folder, "events");
  const own = events(run());
  using _lock = new FileLock(join(run(), "lock.json"), "one");
  expect(await trainer(["export-events", "one"])).toMatchObject({
    code: 2,
    stderr: containing("one is being trained, which may write events there"),
  });
  const { last } = await json(["export-events", "one", "--out", out]);
  expect(last).toEqual({
    run_id: "one",
    files: [join(out, events(out)[0] ?? ""), join(out, "by_tokens", events(join(out, "by_tokens"))[0] ?? "")],
  });
  expect(events(run())).toEqual(own);
});

test("a run whose folder is gone is exported from what is kept of it", async () => {
  const archived = join(shared.home, "archived");
  await mkdir(archived);
  for (const name of ["manifest.json", "logs.jsonl", "metrics.jsonl"]) {
    const kept = name === "manifest.json" ? "gone.json" : `gone.${name}`;
    await rename(join(run(), name), join(archived, kept));
  }
  expect((await trainer(["export-events", "gone"])).stderr).toContain("gone is archived and has no folder");
  const out = join(shared.folder, "gone");
  expect(await trainer(["export-events", "gone", "--out", out])).toMatchObject({ code: 0 });
  expect(events(join(out, "by_tokens"))).toHaveLength(1);
});

test("a folder without a run's manifest is refused", async () => {
  writeFileSync(join(run(), "config.json"), "{}");
  expect(existsSync(join(run(), "manifest.json"))).toBe(false);
  expect(await trainer(["export-events", run()])).toMatchObject({ code: 2 });
});
