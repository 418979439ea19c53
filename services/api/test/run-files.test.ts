import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EvaluationHistory, RunFileList, SampleList, TrainRequest } from "@trainer/platform";
import { RunRecords } from "@trainer/platform/redis";
import { containing } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { archivedFiles, openHome, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunFiles } from "../src/services/run-files.js";
import { RunFolderFiles } from "../src/services/run-folder-files.js";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const NOT_FOUND = { status: 404, json: { code: "RUN_NOT_FOUND" } };
const NO_FILE = { status: 404, json: { code: "DATA_NOT_FOUND" } };
const HASH = "0".repeat(64);

function newRun(runId: string, files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const { path } = runFolder(system.root, runId);
  const all = { "manifest.json": JSON.stringify({ ...manifest, run_id: runId, status: "completed" }), ...files };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

const get = (runId: string, path: string, headers: Record<string, string> = {}) =>
  system.ask(`/runs/${runId}/files/${path}`, { headers });

test("the files of a run are listed with their sizes, those of checkpoints with step and hash, and nothing that is half written", async () => {
  const commit = { version: 1, step: 7, created_at: "2023-11-14T22:13:20.000Z" };
  const files = ["model.safetensors", "optimizer.safetensors", "state.json"].map((name) => ({
    name,
    bytes: 3,
    sha256: HASH,
  }));
  const path = newRun("listed", {
    "checkpoints/step-00000007/COMMIT": JSON.stringify({ ...commit, files }),
    "checkpoints/step-00000007/model.safetensors": "abc",
    "checkpoints/step-00000009/COMMIT": "{",
    "checkpoints/step-00000009/model.safetensors": "abc",
    "checkpoints/.tmp-step-1/x": "x",
    "checkpoints/odd/x": "x",
    "eval/漢字 \"%2f'.txt": "x",
    "lock.json": "{}",
    ".request.json": "{}",
    "logs.jsonl.0123.tmp": "x",
  });
  symlinkSync("/etc/passwd", join(path, "link"));
  symlinkSync("/etc", join(path, "linked"));
  utimesSync(join(path, "manifest.json"), 1_700_000_000, 1_700_000_000);
  const list = RunFileList.parse((await system.ask("/runs/listed/files")).json);
  expect(list.files.map(({ path, bytes, step, sha256 }) => [path, bytes, step, sha256])).toEqual([
    ["checkpoints/odd/x", 1, null, null],
    ["checkpoints/step-00000007/COMMIT", expect.any(Number), 7, null],
    ["checkpoints/step-00000007/model.safetensors", 3, 7, HASH],
    ["checkpoints/step-00000009/COMMIT", 1, 9, null],
    ["checkpoints/step-00000009/model.safetensors", 3, 9, null],
    ["eval/漢字 \"%2f'.txt", 1, null, null],
    ["manifest.json", expect.any(Number), null, null],
  ]);
  expect(list).toMatchObject({ run_id: "listed", truncated: false });
  expect(list.files.at(-1)?.modified).toBe("2023-11-14T22:13:20.000Z");
  for (const { path } of list.files) {
    const answer = await get("listed", path.split("/").map(encodeURIComponent).join("/"));
    expect([path, answer.status]).toEqual([path, 200]);
  }
});

test("no more files are listed than anybody reads, and a run without a folder has none", async () => {
  newRun("many", { a: "", b: "", c: "" });
  const records = new RunRecords(system.redis);
  const home = openHome(system.root);
  const few = new RunFolderFiles({ home, runs: new RunFiles({ home, records }), most: 2 });
  expect(await few.list("many")).toMatchObject({ files: [{ path: "a" }, { path: "b" }], truncated: true });
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
  await system.runs.create("waits", 0n, request);
  expect((await system.ask("/runs/waits/files")).json).toEqual({ run_id: "waits", files: [], truncated: false });
  expect(await get("waits", "manifest.json")).toMatchObject(NO_FILE);
  for (const path of ["files", "files/manifest.json", "evals", "samples"])
    for (const id of ["none", "..%2fmodels"]) expect(await system.ask(`/runs/${id}/${path}`)).toMatchObject(NOT_FOUND);
});

test("a file is downloaded whole or in part, to be kept and never shown as a page", async () => {
  newRun("download", { "page.html": "<script>alert(1)</script>", empty: "" });
  const whole = await get("download", "page.html");
  expect([whole.status, whole.text]).toEqual([200, "<script>alert(1)</script>"]);
  expect(whole.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": "attachment; filename*=UTF-8''page.html",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    "content-length": "25",
  });
  const part = await get("download", "page.html", { range: "bytes=1-6" });
  expect([part.status, part.text, part.headers["content-range"]]).toEqual([206, "script", "bytes 1-6/25"]);
  expect((await get("download", "page.html", { range: "bytes=-9" })).text).toBe("</script>");
  for (const range of ["bytes=25-", "bytes=0-1,3-4", "lines=1"])
    expect(await get("download", "page.html", { range })).toMatchObject({
      status: 416,
      json: { code: "RANGE_NOT_SATISFIABLE" },
    });
  const empty = await get("download", "empty");
  expect([empty.status, empty.text, empty.headers["content-length"]]).toEqual([200, "", "0"]);
  expect((await get("download", "empty", { range: "bytes=0-" })).status).toBe(416);
});

test("nothing is given that is no file of the run: no link, folder, pipe, hidden file, and nothing outside", async () => {
  const path = newRun("inside", { "eval/x": "x", ".request.json": "{}", "lock.json": "{}", "a.tmp": "" });
  newRun("outside", { secret: "s" });
  symlinkSync("/etc/passwd", join(path, "link"));
  symlinkSync(join(path, "eval"), join(path, "linked"));
  symlinkSync(join(path, "eval", "x"), join(path, "eval", "link"));
  execFileSync("mkfifo", [join(path, "pipe")]);
  for (const name of [
    "link",
    "linked/x",
    "eval/link",
    "eval",
    "eval/",
    "pipe",
    "none",
    "",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..%2foutside%2fsecret",
    "eval/..%2f..%2foutside%2fsecret",
    "eval%2f%2e%2e%2fmanifest.json",
    ".%2fmanifest.json",
    "eval//x",
    "manifest.json%00",
    ".request.json",
    "lock.json",
    "a.tmp",
    "x".repeat(5000),
    "manifest.json/x",
  ])
    expect([name, (await get("inside", name)).status]).toEqual([name, 404]);
  expect(await get("inside", "none")).toMatchObject({
    json: { code: "DATA_NOT_FOUND", message: containing('"none"') },
  });
});

/** A file with a header, and so many bytes of tensors. */
function safetensors(header: string, dataBytes: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

test("a file of tensors is described by its header, and one whose header is broken is refused with the reason", async () => {
  const header = JSON.stringify({
    __metadata__: { format: "pt" },
    "wte.weight": { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
    bias: { dtype: "BF16", shape: [], data_offsets: [24, 26] },
  });
  const path = newRun("tensors", {
    good: safetensors(header, 26),
    short: safetensors(header, 25),
    text: "no tensors",
    tiny: "x",
    json: safetensors("[1]", 0),
    long: safetensors("", 0),
  });
  const { status, json, headers } = await get("tensors", "good?header=1");
  expect([status, headers["content-type"]]).toEqual([200, containing("application/json")]);
  expect(json).toEqual({
    tensors: [
      { name: "wte.weight", dtype: "float32", shape: [2, 3], bytes: 24 },
      { name: "bias", dtype: "bfloat16", shape: [], bytes: 2 },
    ],
    metadata: { format: "pt" },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(9 << 20));
  writeFileSync(join(path, "long"), length);
  truncateSync(join(path, "long"), 10 << 20);
  for (const [name, why] of [
    ["short", "bytes after the file does"],
    ["text", "header's length"],
    ["tiny", "fewer than the 8"],
    ["json", "not a JSON object"],
    ["long", "9437184 bytes, and 8388608 is the most"],
  ])
    expect(await get("tensors", `${name}?header=1`)).toMatchObject({
      status: 400,
      json: { code: "INVALID_INPUT", message: containing(String(why)) },
    });
  expect(await get("tensors", "none?header=1")).toMatchObject(NO_FILE);
  expect((await get("tensors", "good?header=perhaps")).status).toBe(422);
  expect((await get("tensors", "text?header=0")).text).toBe("no tensors");
});

test("evaluations of a run are given the oldest first, of every text, and what the model wrote in the last", async () => {
  const line = (more: object) =>
    JSON.stringify({ split: "test", path: null, loss: 1, tokens: 5, documents: 2, ...more });
  const sample = { prompt: "<b>", output: "\u0000 汉", seed: 1, steps: 3, finish_reason: "eos", top_k: 50 };
  newRun("evals", {
    "eval/history.jsonl": `${line({ evaluated_at: "2024-01-01" })}\n{"torn\n${line({ evaluated_at: "2024-03-01", loss: 0.5 })}\n${line({})}\n`,
    "eval/other/history.jsonl": `${line({ evaluated_at: "2024-02-01", split: "corpus", path: "b.txt" })}\n`,
    "eval/empty/x": "",
    "eval/samples.jsonl": `${JSON.stringify(sample)}\n[]\n`,
  });
  const { evaluations } = EvaluationHistory.parse((await system.ask("/runs/evals/evals")).json);
  expect(evaluations.map(({ evaluated_at, loss, path }) => [evaluated_at, loss, path])).toEqual([
    [null, 1, null],
    ["2024-01-01", 1, null],
    ["2024-02-01", 1, "b.txt"],
    ["2024-03-01", 0.5, null],
  ]);
  const { samples, course } = SampleList.parse((await system.ask("/runs/evals/samples")).json);
  expect(course).toEqual([]);
  expect(samples).toEqual([{ ...sample, max_new_tokens: null, temperature: null, top_p: null }]);
  newRun("plain");
  expect((await system.ask("/runs/plain/evals")).json).toEqual({ run_id: "plain", evaluations: [] });
  expect((await system.ask("/runs/plain/samples")).json).toEqual({ run_id: "plain", samples: [], course: [] });
});

test("what the model wrote as it was trained is given by step, the newest thousand, without what is still being written", async () => {
  const line = (step: number, more: object = {}) => `${JSON.stringify({ step, prompt: "", output: "o", ...more })}\n`;
  const others = Array.from({ length: 1000 }, (_, i) => line(i + 10)).join("");
  const hostile = { output: "<script>\u202e\u0000\ud800", temperature: 0.8 };
  newRun("course", {
    "samples.jsonl": `${line(1)}${line(2)}${others}${JSON.stringify({ prompt: "", output: "no step" })}\n${line(2000, hostile)}{"step":2001,"prom`,
  });
  const { course, samples } = SampleList.parse((await system.ask("/runs/course/samples")).json);
  expect(samples).toEqual([]);
  expect(course).toHaveLength(999); // of the newest thousand lines one is no sample
  expect(course.map(({ step }) => step).slice(0, 2)).toEqual([12, 13]);
  const none = { seed: null, steps: null, finish_reason: null, max_new_tokens: null, top_k: null, top_p: null };
  expect(course.at(-1)).toEqual({ step: 2000, prompt: "", ...hostile, ...none });
});

test("of a run that was cleaned away, what its model wrote and how it was measured is still given", async () => {
  const line = (more: object) => `${JSON.stringify({ prompt: "p", output: "o", ...more })}\n`;
  const home = openHome(system.root);
  const kept = archivedFiles(home, "away");
  mkdirSync(home.archived, { recursive: true });
  writeFileSync(kept.manifest, JSON.stringify({ ...manifest, run_id: "away", status: "completed" }));
  writeFileSync(kept.samples, line({ step: 7 }));
  writeFileSync(kept.evaluationSamples, line({}));
  writeFileSync(kept.evaluations, `${JSON.stringify({ split: "test", loss: 1.5 })}\n`);
  const { samples, course } = SampleList.parse((await system.ask("/runs/away/samples")).json);
  expect([samples.length, course.map(({ step }) => step)]).toEqual([1, [7]]);
  const { evaluations } = EvaluationHistory.parse((await system.ask("/runs/away/evals")).json);
  expect(evaluations.map(({ split, loss }) => [split, loss])).toEqual([["test", 1.5]]);
});
