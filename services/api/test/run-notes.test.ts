import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TrainRequest } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const NONE = { tags: [], note: "" };
const NOT_FOUND = { status: 404, json: { code: "RUN_NOT_FOUND" } };
const get = (id: string) => system.ask(`/runs/${id}/notes`);
const put = (id: string, body: unknown) => system.ask(`/runs/${id}/notes`, { method: "PUT", body });

function folderOf(runId: string) {
  const folder = runFolder(system.root, runId);
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(folder.manifest, JSON.stringify({ ...manifest, run_id: runId, status: "completed" }));
  return folder;
}

test("notes on a run lie in its folder, are replaced whole, and go with the run", async () => {
  const folder = folderOf("r");
  expect((await get("r")).json).toEqual(NONE);
  const note = "<script>alert(1)</script>\n漢字 \u0000";
  const written = await put("r", { tags: [" best ", "best", "第一"], note });
  expect([written.status, written.json]).toEqual([200, { tags: ["best", "第一"], note }]);
  expect((await get("r")).json).toEqual(written.json);
  expect(JSON.parse(readFileSync(folder.notes, "utf8"))).toEqual(written.json);
  expect((await put("r", NONE)).json).toEqual(NONE);
  expect((await get("r")).json).toEqual(NONE);
  expect((await system.ask("/runs/r", { method: "DELETE" })).status).toBe(200);
  expect(await get("r")).toMatchObject(NOT_FOUND);
  expect(existsSync(folder.path)).toBe(false);
});

test("notes on a run that was cleaned away are kept beside its manifest", async () => {
  mkdirSync(join(system.root, "archived"), { recursive: true });
  const kept = join(system.root, "archived", "away.json");
  writeFileSync(kept, JSON.stringify({ ...manifest, run_id: "away", status: "completed" }));
  expect((await put("away", { tags: ["old"], note: "n" })).status).toBe(200);
  expect((await get("away")).json).toEqual({ tags: ["old"], note: "n" });
  const { json } = await system.ask("/runs?sort=run_id");
  expect(json).toMatchObject({ runs: [{ run_id: "away", tags: ["old"] }], total: 1 });
  const notes = join(system.root, "archived", "away.notes");
  for (const file of [kept, notes]) utimesSync(file, new Date(1e12), new Date(1e12)); // nothing of it changes any more
  await system.ask("/runs?sort=run_id");
  await put("away", { tags: ["new"], note: "n" });
  expect((await system.ask("/runs?sort=run_id")).json).toMatchObject({ runs: [{ tags: ["new"] }] });
  await put("away", { tags: ["old"], note: "n" });
  folderOf("away"); // it was fetched back
  expect((await get("away")).json).toEqual({ tags: ["old"], note: "n" });
  rmSync(kept);
});

test("a run without a folder takes no notes, and what is not a run has none", async () => {
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
  await system.runs.create("waits", 0n, request);
  expect((await get("waits")).json).toEqual(NONE);
  expect(await put("waits", NONE)).toMatchObject({ status: 409, json: { message: containing("once it has begun") } });
  for (const id of ["none", "..%2fmodels", ".hidden"])
    for (const answer of [await get(id), await put(id, NONE)]) expect(answer).toMatchObject(NOT_FOUND);
});

test("notes that are too many, too long or of another form are refused", async () => {
  folderOf("bounds");
  const many = Array.from({ length: 20 }, (_, i) => `tag ${i}`);
  expect((await put("bounds", { tags: many, note: "é".repeat(8192) })).status).toBe(200);
  for (const [body, status, message] of [
    [{ tags: [...many, "one more"], note: "" }, 400, "tags must be at most 20"],
    [{ tags: ["x".repeat(41)], note: "" }, 400, "tags.0 must have at most 40 characters"],
    [{ tags: [" "], note: "" }, 400, "tags.0 must not be blank"],
    [{ tags: ["a\nb"], note: "" }, 400, containing("control characters")],
    [{ tags: [5], note: "" }, 400, "tags.0 must be a string"],
    [{ tags: [], note: `${"é".repeat(8192)}x` }, 400, "note must have at most 16384 bytes of UTF-8"],
    [{ tags: [] }, 400, "note is required"],
    [{ tags: [], note: "", more: 1 }, 422, "Extra fields not allowed: more"],
    ["nothing", 400, containing("JSON")],
  ] as const)
    expect(await put("bounds", body)).toMatchObject({ status, json: { message } });
  expect((await get("bounds")).json).toEqual({ tags: many, note: "é".repeat(8192) });
});
