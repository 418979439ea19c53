import { execFileSync } from "node:child_process";
import { createWriteStream, readdirSync, statSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { containing, matching, scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { openExport } from "../src/artifact/open-export.js";
import { FileLock } from "../src/home/file-lock.js";
import { openHome, type Home } from "../src/home/home.js";
import { writeManifest, type RunManifest } from "../src/home/manifest.js";
import { runFolder } from "../src/home/run-folder.js";
import { archivedFiles } from "../src/home/run-log-files.js";
import { exportRun } from "../src/inference/export-run.js";
import { generate } from "../src/inference/generate.js";
import { openModel } from "../src/inference/open-model.js";
import { parseTrainOptions } from "../src/options/options.js";
import { newManifest } from "../src/run/new-manifest.js";
import { tinyGpt2 } from "./fixture.js";

const ID = "novel";

async function newRun(home: Home, about: Partial<RunManifest> = {}, id = ID): Promise<string> {
  const dir = join(home.models, id);
  await mkdir(home.models, { recursive: true });
  await cp(tinyGpt2, dir, { recursive: true });
  const options = { ...parseTrainOptions({ corpus: "corpus.txt" }), maxSeqLen: 512 };
  const manifest = await newManifest(id, options, { device: "cpu", precision: "fp32" });
  const finished_at = "2026-11-29T13:02:00.000Z";
  await writeManifest(join(dir, "manifest.json"), {
    ...manifest,
    status: "completed",
    finished_at,
    steps: 9,
    ...about,
  });
  return dir;
}

/** Writes a run's archive, and unpacks it by the system's own tar. */
async function unpacked(home: Home, to: string, adapter = false, id = ID): Promise<string[]> {
  await mkdir(to);
  const path = join(to, "archive.tar");
  await using opened = await openExport(home, id, { adapter });
  await opened.writeTo(createWriteStream(path));
  expect(statSync(path).size).toBe(opened.bytes);
  execFileSync("tar", ["-xf", path, "-C", to]);
  const files = await readdir(join(to, opened.name));
  expect(opened.files.map(({ name }) => name).toSorted()).toEqual(files.toSorted());
  for (const { name, bytes } of opened.files) expect(statSync(join(to, opened.name, name)).size).toBe(bytes);
  return files.toSorted();
}

test("a run is the folder that `trainer export` writes, and writes what the run writes", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  // A run's own tokenizer files are those of the export.
  const { path } = await exportRun(ID, folder.join("exported"), { home });
  for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
    await cp(join(path, name), join(dir, name));
  const files = await unpacked(home, folder.join("out"));
  expect(files).toEqual((await readdir(path)).toSorted());
  for (const name of files)
    expect([name, await readFile(folder.join("out", ID, name))]).toEqual([name, await readFile(join(path, name))]);
  expect(statSync(folder.join("out", ID, "config.json")).mtime.toISOString()).toBe("2026-11-29T13:02:00.000Z");

  using original = await openModel(ID, { home });
  using copy = await openModel(folder.join("out", ID), { home });
  const input = { prompt: "The lamp", maxNewTokens: 20, seed: 1 };
  expect(await generate(copy, input)).toEqual(await generate(original, input));
});

test("what lies beside the model in a run's folder stays there, and what is not there need not be", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  for (const name of await readdir(dir))
    if (!/^(config|manifest|tokenizer)\.json$|^model\.safetensors$/.test(name)) await rm(join(dir, name));
  await writeFile(join(dir, "notes.json"), "{}");
  await writeFile(join(dir, "chat_template.jinja"), "");
  await symlink("/etc/passwd", join(dir, "generation_config.json"));
  const files = await unpacked(home, folder.join("out"));
  expect(files).toEqual(["README.md", "chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json"]);
});

test("what other programs need for its tokenizer is told of the file", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  const notes = async () => {
    await using opened = await openExport(home, ID);
    expect(Buffer.concat(await piecesOf((to) => opened.writeTo(to))).toString()).toContain(`- ${opened.notes[0]}`);
    return opened.notes[0];
  };
  expect(await notes()).toMatch(/^llama\.cpp/);
  await writeFile(join(dir, "tokenizer.json"), '{"kind":"char","specials":[],"vocab":{}}');
  expect(await notes()).toMatch(/single characters/);
  await rename(join(dir, "tokenizer.json"), join(dir, "tokenizer.model"));
  expect(await notes()).toMatch(/pip install sentencepiece/);
});

async function piecesOf(write: (to: Writable) => Promise<void>): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  await write(new Writable({ write: (piece: Buffer, _, done) => (pieces.push(piece), done()) }));
  return pieces;
}

test("the card of a model without attention tells no heads", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home, { model_family: "char_lstm" });
  const config = { model_type: "char_lstm", vocab_size: 20, embed_dim: 8, hidden_dim: 16, num_layers: 2 };
  await writeFile(join(dir, "config.json"), JSON.stringify({ ...config, dropout: 0, max_seq_len: 32 }));
  await unpacked(home, folder.join("out"));
  const card = await readFile(folder.join("out", ID, "README.md"), "utf8");
  expect(card).toContain("A char_lstm language model: 2 layers, width 16, 20 tokens, a context of 32.");
});

test("an adapter alone is its two files, and a run without one says so", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home, { finished_at: null });
  const none = { code: "MODEL_NOT_FOUND", message: `run ${ID} has no adapter: only runs with a LoRA rank train one` };
  await expect(openExport(home, ID, { adapter: true })).rejects.toMatchObject(none);
  await mkdir(join(dir, "adapter"));
  await writeFile(join(dir, "adapter", "adapter_config.json"), "{}");
  await expect(openExport(home, ID, { adapter: true })).rejects.toMatchObject(none);
  await cp(join(dir, "model.safetensors"), join(dir, "adapter", "adapter_model.safetensors"));
  expect(await unpacked(home, folder.join("out"), true)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  expect(await readdir(folder.join("out"))).toContain(`${ID}-adapter`);
  await truncate(join(dir, "adapter", "adapter_model.safetensors"), 100);
  await expect(openExport(home, ID, { adapter: true })).rejects.toMatchObject({ code: "CONFLICT" });
});

test("what was opened is sent whole, though the run is removed meanwhile", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  const weights = await readFile(join(dir, "model.safetensors"));
  await using opened = await openExport(home, ID);
  await rm(dir, { recursive: true });
  const archive = Buffer.concat(await piecesOf((to) => opened.writeTo(to)));
  expect(archive.length).toBe(opened.bytes);
  expect(archive.includes(weights)).toBe(true);
});

test("an archive that nobody takes any more ends, and one whose file is cut meanwhile breaks off", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  {
    await using opened = await openExport(home, ID);
    const to = new PassThrough();
    const writing = opened.writeTo(to);
    to.destroy();
    await expect(writing).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  }
  await using opened = await openExport(home, ID);
  await truncate(join(dir, "model.safetensors"), 1000);
  await expect(piecesOf((to) => opened.writeTo(to))).rejects.toThrow("Size mismatch");
});

const DAMAGED = `run ${ID} is damaged and cannot be exported: `;

test.each<[string, (dir: string) => Promise<unknown>, string]>([
  ["no manifest", (dir) => rm(join(dir, "manifest.json")), `${DAMAGED}its manifest.json is missing`],
  ["no weights", (dir) => rm(join(dir, "model.safetensors")), `${DAMAGED}it has no model.safetensors`],
  ["weights cut off", (dir) => truncate(join(dir, "model.safetensors"), 5000), "bytes after the file does"],
  ["weights that are none", (dir) => writeFile(join(dir, "model.safetensors"), "x"), "fewer than the 8"],
  ["a pipe in the weights' place", (dir) => pipeInPlaceOf(join(dir, "model.safetensors")), "no model.safetensors"],
  ["no config", (dir) => rm(join(dir, "config.json")), `${DAMAGED}it has no config.json`],
  ["a config that is no JSON", (dir) => writeFile(join(dir, "config.json"), "{"), "config.json is not JSON"],
  ["a config that is no object", (dir) => writeFile(join(dir, "config.json"), "[]"), DAMAGED],
  ["the config of another", (dir) => writeFile(join(dir, "config.json"), '{"model_type":"llama"}'), "not a GPT-2"],
  ["no tokenizer", (dir) => rm(join(dir, "tokenizer.json")), "it has no tokenizer.json or tokenizer.model"],
  ["a tokenizer that is no JSON", (dir) => writeFile(join(dir, "tokenizer.json"), ""), "tokenizer.json is not JSON"],
])("a run that is damaged is refused in a sentence that names no path: %s", async (_, harm, why) => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  await harm(await newRun(home));
  const before = openNow();
  const refused: unknown = await openExport(home, ID).catch((error: unknown) => error);
  expect(openNow()).toBe(before);
  expect(refused).toMatchObject({ code: "CONFLICT", message: containing(why) });
  expect(String(refused)).not.toContain(folder.path);
});

/** Number of files that this process has open. */
const openNow = (): number => readdirSync("/proc/self/fd").length;

async function pipeInPlaceOf(path: string): Promise<void> {
  await rm(path);
  execFileSync("mkfifo", [path]);
}

test("a run that is not completed, not here, cleaned away or of an unknown family is refused", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home, { status: "running" });
  const refusal = (id = ID) => openExport(home, id).catch((error: unknown) => error);
  const isLeft = { code: "CONFLICT", message: matching(/^run novel is interrupted, .*: resume it/) };
  expect(await refusal()).toMatchObject(isLeft);
  const held = new FileLock(runFolder(home.root, ID).lock, ID);
  expect(await refusal()).toMatchObject({
    code: "CONFLICT",
    message: "run novel is running, and only a completed run is exported: wait until it is completed",
  });
  held[Symbol.dispose]();
  await newRun(home, { status: "interrupted" }, "stopped");
  expect(await refusal("stopped")).toMatchObject({ code: "CONFLICT", message: containing("resume it") });
  await newRun(home, { model_family: "bloom" }, "strange");
  expect(await refusal("strange")).toMatchObject({ code: "UNSUPPORTED_BACKEND", message: containing("is a bloom") });
  for (const id of ["../models/novel", ".", "", "/etc"])
    expect(await refusal(id)).toMatchObject({ code: "RUN_NOT_FOUND" });
  expect(await refusal("none")).toMatchObject({ code: "DATA_NOT_FOUND", message: containing("has no files here") });

  await writeFile(join(dir, "manifest.json"), '{"status":"completed"}');
  expect(await refusal()).toMatchObject({ code: "CONFLICT", message: `${DAMAGED}its manifest.json cannot be read` });
  await mkdir(home.archived);
  await rename(join(dir, "manifest.json"), archivedFiles(home, ID).manifest);
  await rm(dir, { recursive: true });
  expect(await refusal()).toMatchObject({ code: "DATA_NOT_FOUND", message: containing("was cleaned away") });
});

test("memory does not grow with the model", async () => {
  await using folder = await scratch();
  const home = openHome(folder.join("home"));
  const dir = await newRun(home);
  const bytes = 400 << 20;
  const header = JSON.stringify({ a: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(join(dir, "model.safetensors"), Buffer.concat([length, Buffer.from(header)]));
  await truncate(join(dir, "model.safetensors"), 8 + header.length + bytes);
  const before = process.memoryUsage().rss;
  let most = 0;
  let written = 0;
  const count = new Writable({
    write(piece: Buffer, _, done) {
      written += piece.length;
      most = Math.max(most, process.memoryUsage().rss);
      setImmediate(done);
    },
  });
  await using opened = await openExport(home, ID);
  await opened.writeTo(count);
  expect(written).toBe(opened.bytes);
  expect(most - before).toBeLessThan(150 << 20);
});
