import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containing, withFields } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { homeWithRun } from "./trained.js";

let home = "";
const { trainer, json } = commandLine(() => home);

beforeAll(async () => {
  home = (await homeWithRun()).home;
});

test("cleanup runs shows what would go and why the rest stays, then does it", async () => {
  const unsent = await trainer(["cleanup", "runs", "--dry-run"]);
  expect(unsent).toMatchObject({ code: 0 });
  expect(unsent.stdout).toMatch(
    /^NAME +SIZE +WHAT\none +[\d.]+ .iB +stays: its archive is not known to be kept elsewhere\n/,
  );
  expect(unsent.stdout).toContain("0 of 1 runs would go: 0 B");

  const manifest = join(home, "models", "one", "manifest.json");
  const text = await readFile(manifest, "utf8");
  await writeFile(manifest, text.replace('"artifact_file_id": null', `"artifact_file_id": "${"a".repeat(64)}"`));
  const dry = await trainer(["cleanup", "runs", "--dry-run"]);
  expect(dry.stdout).toMatch(/one +[\d.]+ .iB +would go\n1 of 1 runs would go: [\d.]+ .iB/);
  expect(await readdir(join(home, "models"))).toEqual(["one"]);

  const { code, last } = await json(["cleanup", "runs"]);
  expect(code).toBe(0);
  expect(last).toMatchObject({ dry_run: false, decisions: [{ id: "one", removed: true, reason: null }] });
  expect(await readdir(join(home, "models"))).toEqual([]);
  expect((await trainer(["cleanup", "runs"])).stdout).toBe("No runs.\n");
});

test("cleanup tokenizers keeps what an archived run names, and removes what none does", async () => {
  const path = join(home, "tokenizers", "spare");
  await mkdir(path);
  await utimes(path, 1, 1);
  const dry = await trainer(["cleanup", "tokenizers", "--dry-run", "--min-unused-days", "0"]);
  expect(dry.stdout).toMatch(
    /bpe-300-\w+ +\S+ .iB +stays: it is in use\nspare +0 B +would go\n1 of 2 tokenizers would go/,
  );
  expect((await json(["cleanup", "tokenizers"])).last).toMatchObject({
    bytes_freed: 0,
    decisions: [{}, { id: "spare" }],
  });
  expect(await readdir(join(home, "tokenizers"))).toHaveLength(1);
});

test("cleanup corpus-cache makes room in the home's cache, or in a folder that is named", async () => {
  expect((await trainer(["cleanup", "corpus-cache"])).stdout).toBe("No corpora.\n");
  const dir = join(home, "other");
  await mkdir(dir);
  await writeFile(join(dir, "abc.txt"), "x".repeat(2048));
  const line = ["cleanup", "corpus-cache", "--dir", dir, "--min-free-bytes", "0"];
  expect((await trainer(line)).stdout).toContain("stays: there is room");
  await writeFile(join(dir, "old.txt"), "x".repeat(1024));
  await utimes(join(dir, "old.txt"), 1, 1);
  const removed = await trainer([...line, "--max-bytes", "2048"]);
  expect(removed.stdout).toMatch(
    /old +1.00 KiB +removed\nabc +2.00 KiB +stays: there is room\n1 of 2 corpora removed: 1.00 KiB/,
  );
  expect((await json([...line, "--max-bytes", "100"])).last).toEqual(
    withFields({ bytes_freed: 2048, decisions: [withFields({ id: "abc", removed: true })] }),
  );
  expect(await readdir(dir)).toEqual([]);
});

test("cleanup bins removes what a training has left in the cache, and says what stays", async () => {
  const stays = await trainer(["cleanup", "bins"]);
  expect(stays.stdout).toMatch(/[0-9a-f]{32} +[\d.]+ .iB +stays: there is room\n0 of \d sets of bins removed: 0 B/);
  const dry = await trainer(["cleanup", "bins", "--dry-run", "--max-unused-days", "0"]);
  expect(dry.stdout).toMatch(/[0-9a-f]{32} +[\d.]+ .iB +would go\n/);
  expect((await json(["cleanup", "bins", "--max-bytes", "0"])).code).toBe(0);
  expect((await trainer(["cleanup", "bins"])).stdout).toBe("No sets of bins.\n");
});

test("without a verb cleanup says what there is", async () => {
  const { code, stderr } = await trainer(["cleanup"]);
  expect(code).toBe(2);
  expect(stderr).toEqual(containing("corpus-cache"));
});
