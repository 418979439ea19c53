import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { open, startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { dataBankConfig, startDataBank, type DataBank } from "@trainer/data-bank";
import { DataBankClient } from "@trainer/client/data-bank";

let system: System;
let bank: DataBank;
let files = "";
beforeAll(async () => {
  files = scratchPath("api-files");
  const env = { PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: files, API_UPLOAD_KEYS: "bank-key" };
  bank = await startDataBank(dataBankConfig(env), { log: { write() {} } });
  system = await startSystem({ dataBank: { url: bank.url, apiKey: "bank-key" } });
  mkdirSync(join(system.root, "models", "here"), { recursive: true });
  writeFileSync(join(system.root, "models", "here", "model.safetensors"), "weights");
  for (const [id, name] of [
    ["bpe", "tokenizer.json"],
    ["spm", "tokenizer.model"],
  ] as const) {
    mkdirSync(join(system.root, "tokenizers", id), { recursive: true });
    writeFileSync(join(system.root, "tokenizers", id, name), `{"id":"${id}"}`);
  }
  mkdirSync(join(system.root, "tokenizers", "half", "tokenizer.json"), { recursive: true });
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await bank[Symbol.asyncDispose]();
});

async function download(path: string, url = system.url) {
  const answer = await open(url + path);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(z.instanceof(Buffer).parse(chunk));
  return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(chunks) };
}

test("a run that lies here is packed as it is downloaded, each time the same", async () => {
  const { status, headers, bytes } = await download("/artifacts/models/here");
  expect([status, headers["content-type"]]).toEqual([200, "application/gzip"]);
  expect(headers["content-disposition"]).toBe('attachment; filename="model-here.tar.gz"');
  expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  expect(bytes.includes("model-here/model.safetensors")).toBe(true);
  expect((await download("/artifacts/models/here")).bytes.equals(bytes)).toBe(true);
});

test("an archive in the file service comes from there", async () => {
  const path = join(system.root, "archive");
  writeFileSync(path, "an archive");
  const client = new DataBankClient({ url: bank.url, apiKey: "bank-key" });
  const { file_id } = await client.upload(path, "application/gzip");
  await system.runs.set("away", { artifactFileId: file_id });
  expect(await download("/artifacts/models/away")).toMatchObject({
    status: 200,
    headers: { "content-length": "10", "content-type": "application/gzip" },
    bytes: Buffer.from("an archive"),
  });
  await client.remove(file_id);
  expect(await system.ask("/artifacts/models/away")).toMatchObject({ status: 404, json: { code: "DATA_NOT_FOUND" } });
});

test("a file service that fails is told", async () => {
  await system.runs.set("lost", { artifactFileId: "f".repeat(64) });
  const other = await system.start({ dataBank: { url: bank.url, apiKey: "wrong" } });
  expect(await download("/artifacts/models/lost", other.url)).toMatchObject({ status: 502 });
  await other[Symbol.asyncDispose]();
  const none = await system.start({ dataBank: null });
  expect(await download("/artifacts/models/lost", none.url)).toMatchObject({ status: 404 });
  await none[Symbol.asyncDispose]();
});

test.each([
  ["breaks off", Buffer.alloc(1 << 20)],
  ["is a failure where nothing of it has gone yet", Buffer.from("short")],
])("an archive that is not the one that was sent %s", async (how, bytes) => {
  const path = join(system.root, "sound");
  writeFileSync(path, Buffer.concat([Buffer.from("sound"), bytes]));
  const { file_id: id } = await new DataBankClient({ url: bank.url, apiKey: "bank-key" }).upload(path, "a/b");
  await system.runs.set("swapped", { artifactFileId: id });
  writeFileSync(join(files, id.slice(0, 2), id.slice(2, 4), `${id}.bin`), Buffer.concat([Buffer.from("other"), bytes]));
  const outcome = await download("/artifacts/models/swapped").catch((error: { code?: string }) => error);
  expect(outcome).toMatchObject(how === "breaks off" ? { code: "ECONNRESET" } : { status: 500 });
});

test("what is recorded as an archive and is no hash is asked of nobody", async () => {
  await system.runs.set("odd-file", { artifactFileId: "../keys.json" });
  expect(await download("/artifacts/models/odd-file")).toMatchObject({ status: 404 });
});

test("a run whose files cannot be packed breaks off", async () => {
  mkdirSync(join(system.root, "models", "odd"), { recursive: true });
  writeFileSync(join(system.root, "models", "odd", "model.safetensors"), "weights");
  execFileSync("mkfifo", [join(system.root, "models", "odd", "pipe")]);
  await expect(download("/artifacts/models/odd")).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a tokenizer is its file", async () => {
  expect(await system.ask("/artifacts/tokenizers/bpe")).toMatchObject({ status: 200, json: { id: "bpe" } });
  expect(await download("/artifacts/tokenizers/spm")).toMatchObject({
    headers: {
      "content-type": "application/octet-stream",
      "content-disposition": 'attachment; filename="tokenizer.model"',
    },
  });
});

test("what is not there is not found", async () => {
  for (const path of ["models/none", "tokenizers/none", "tokenizers/half", "models/..%2f..", "tokenizers/..%2fmodels"])
    expect(await system.ask(`/artifacts/${path}`)).toMatchObject({ status: 404, json: { code: "DATA_NOT_FOUND" } });
  expect((await system.ask("/artifacts/secrets/x")).status).toBe(422);
});
