import { createReadStream, createWriteStream, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  archivedFileId,
  ensureRun,
  cleanRun,
  CleanupConfig,
  openHome,
  openModel,
  packRun,
  readManifest,
  recordArchive,
  score,
  train,
  unpackRun,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let root = "";
beforeAll(() => (root = scratchPath("artifact-life")));
afterAll(() => rmSync(root, { recursive: true }));

test("a run that was archived and removed comes back as it was, to the last digit of its scores", async () => {
  const home = openHome(root);
  const corpus = writeCorpus(join(root, "corpus.txt"));
  await train({ ...tiny, corpus, runId: "novel", maxSteps: 5 }, { home: root });
  const dir = join(home.models, "novel");
  const surprisal = async () => {
    using opened = await openModel("novel", { home, device: "cpu" });
    return (await score(opened, { text: "the king hath seen the crown", detailLevel: "per_char" })).surprisal;
  };
  const before = await surprisal();
  const file = join(root, "archive");
  const { sha256: fileId } = await packRun(dir, "novel", createWriteStream(file));
  const config = CleanupConfig.parse({});
  expect(await cleanRun(home, "novel", config)).toMatchObject({ reason: "upload_not_verified" });
  await recordArchive(home, "novel", fileId);
  const manifest = await readManifest(join(dir, "manifest.json"));
  {
    using _opened = await openModel("novel", { home, device: "cpu" });
    expect(await cleanRun(home, "novel", config)).toMatchObject({ reason: "in_use" });
  }
  expect(await cleanRun(home, "novel", config)).toMatchObject({ reason: null });
  expect(existsSync(dir)).toBe(false);

  expect(await archivedFileId(home, "novel")).toBe(fileId);
  const restore = () => unpackRun(() => createReadStream(file), dir, { runId: "novel", fileId });
  await restore();
  expect(await readManifest(join(dir, "manifest.json"))).toEqual(manifest);
  expect(await surprisal()).toEqual(before);
  expect((await packRun(dir, "novel", createWriteStream(join(root, "again")))).sha256).toBe(fileId);
  await restore(); // it is there already
});

test("a run of which no archive is known is not brought back", async () => {
  const home = openHome(root);
  for (const id of ["none", "../archived/novel"]) {
    expect(await archivedFileId(home, id)).toBe(null);
    const dataBank = {
      download: () => Promise.reject(new Error("asked")),
      upload: () => Promise.reject(new Error("asked")),
    };
    await expect(ensureRun(id, { home, dataBank })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  }
  await expect(recordArchive(home, "none", "a")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});
