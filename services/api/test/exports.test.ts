import { execFileSync } from "node:child_process";
import {
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExportedModelList, ExportList, TrainRequest } from "@trainer/platform";
import { TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { containing, scratchPath } from "@trainer/testing";
import { ask, open, startSystem, type System } from "@trainer/testing/api";
import { archivedFiles, FileLock, openHome, packRun, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const { user_id: _, ...REQUEST } = TrainRequest.parse({ corpus_file_id: "f" });

/** What a file of one tensor of so many bytes begins with. */
function head(bytes: number): Buffer {
  const header = JSON.stringify({ a: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header)]);
}

/** The file, its tensor all zero. */
const tensors = (bytes: number): Buffer => Buffer.concat([head(bytes), Buffer.alloc(bytes)]);

function newRun(runId: string, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const { path } = runFolder(system.root, runId);
  const all = {
    "manifest.json": JSON.stringify({ ...manifest, run_id: runId, status: "completed" }),
    "config.json": '{"model_type":"gpt2","n_layer":2,"n_embd":8,"n_head":2,"vocab_size":20,"n_positions":16}',
    "tokenizer.json": '{"version":"1.0"}',
    "model.safetensors": tensors(1000),
    "logs.jsonl": "{}",
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

const client = () => new TrainerClient({ url: system.url, retries: 0 });

test("a completed run's model is one archive of known size, with the files that are listed and nothing else", async () => {
  const path = newRun("whole");
  const list = ExportList.parse((await system.ask("/runs/whole/export?list=true")).json);
  expect(list).toMatchObject({ run_id: "whole", name: "whole.tar", notes: [containing("llama.cpp")] });
  expect(list.files.map((file) => file.path)).toEqual([
    "tokenizer.json",
    "config.json",
    "README.md",
    "model.safetensors",
  ]);
  expect(await client().exportList("whole")).toEqual(list);

  const answer = await system.open("/runs/whole/export");
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/x-tar"]);
  expect(answer.headers["content-disposition"]).toBe('attachment; filename="whole.tar"');
  expect(answer.headers["content-length"]).toBe(String(list.bytes));
  answer.resume();
  const archive = await bytesOf(await client().export("whole"));
  expect(archive.length).toBe(list.bytes);
  const to = join(system.root, "unpacked");
  mkdirSync(to);
  execFileSync("tar", ["-x", "-C", to], { input: archive });
  expect(readdirSync(join(to, "whole")).toSorted()).toEqual(list.files.map((file) => file.path).toSorted());
  const weights = readFileSync(join(path, "model.safetensors"));
  expect(readFileSync(join(to, "whole", "model.safetensors")).equals(weights)).toBe(true);
  expect(readFileSync(join(to, "whole", "README.md"), "utf8")).toContain("A gpt2 language model: 2 layers, 2 heads");
});

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(z.instanceof(Buffer).parse(chunk));
  return Buffer.concat(chunks);
}

test("an adapter alone is asked for, and a run without one has none", async () => {
  newRun("lora", { "adapter/adapter_config.json": "{}", "adapter/adapter_model.safetensors": tensors(10) });
  newRun("plain");
  const list = await client().exportList("lora", { adapter: true });
  expect(list.name).toBe("lora-adapter.tar");
  expect(list.files.map(({ path }) => path)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  const archive = await bytesOf(await client().export("lora", { adapter: true }));
  expect(archive.includes("lora-adapter/adapter_model.safetensors")).toBe(true);
  expect(await system.ask("/runs/plain/export?adapter=1")).toMatchObject({
    status: 404,
    json: { code: "MODEL_NOT_FOUND", message: containing("has no adapter") },
  });
});

test("what is no completed run, or damaged, is refused in a sentence before anything is sent", async () => {
  const status = (status: string) => ({ "manifest.json": JSON.stringify({ ...manifest, status }) });
  newRun("trains", status("running"));
  using _lock = new FileLock(runFolder(system.root, "trains").lock, "trains");
  newRun("torn", { "model.safetensors": tensors(1000).subarray(0, 500) });
  newRun("away");
  mkdirSync(join(system.root, "archived"), { recursive: true });
  writeFileSync(archivedFiles(openHome(system.root), "away").manifest, JSON.stringify(manifest));
  rmSync(runFolder(system.root, "away").path, { recursive: true });
  await system.runs.create("waits", 0n, REQUEST);
  for (const [id, status, code, message] of [
    ["trains", 409, "CONFLICT", "run trains is running, and only a completed run is exported: wait"],
    [
      "torn",
      409,
      "CONFLICT",
      "run torn is damaged and cannot be exported: model.safetensors is not a sound safetensors file",
    ],
    ["away", 404, "DATA_NOT_FOUND", "run away was cleaned away: its files are in the file service alone"],
    ["waits", 404, "DATA_NOT_FOUND", "run waits has no files here"],
    ["none", 404, "RUN_NOT_FOUND", "run not found"],
    ["..%2fmodels%2fwhole", 404, "RUN_NOT_FOUND", "run not found"],
  ] as const)
    for (const query of ["", "?list=1"]) {
      const answer = await system.ask(`/runs/${id}/export${query}`);
      expect([id, answer.status, answer.json]).toEqual([
        id,
        status,
        expect.objectContaining({ code, message: containing(message) }),
      ]);
      expect(answer.text).not.toContain(system.root);
    }
  expect((await system.ask("/runs/whole/export?list=perhaps")).status).toBe(422);
});

test("the models in the home's folder of exports are listed, and asked by their ids in a run's place", async () => {
  const dir = join(system.root, "exports", "mine");
  mkdirSync(dir, { recursive: true });
  expect((await system.ask("/exports")).json).toEqual({ models: [] });
  writeFileSync(join(dir, "config.json"), '{"model_type":"llama"}');
  for (const name of ["model.safetensors", "tokenizer.json"]) writeFileSync(join(dir, name), "{}");
  const { models } = ExportedModelList.parse((await system.ask("/exports")).json);
  expect(models).toMatchObject([{ model_id: "export~mine", name: "mine", model_type: "llama", bytes: 26 }]);
  expect((await client().exportedModels()).models).toEqual(models);

  const body = { generate: { prompt_text: "a" }, score: { text: "a" }, chat: { message: "a" } };
  for (const [kind, asked] of Object.entries(body)) {
    const { status, json } = await system.ask(`/runs/export~mine/${kind}`, { body: asked });
    expect([kind, status, json]).toEqual([kind, 200, expect.objectContaining({ status: "queued" })]);
    const { request_id: id } = z.looseObject({ request_id: z.string() }).parse(json);
    expect((await system.inference.getJob(id))?.data).toMatchObject({ run_id: "export~mine" });
    for (const name of ["..", "%2e%2e%2fmodels%2fwhole", "%2fetc", "a~b", ".a", ""])
      expect((await system.ask(`/runs/export~${name}/${kind}`, { body: asked })).status).toBe(404);
  }
});

test("what is a run's alone is refused to an exported model", async () => {
  for (const path of ["", "/manifest", "/files", "/metrics", "/notes", "/export", "/files/config.json"])
    expect([path, (await system.ask(`/runs/export~mine${path}`)).status]).toEqual([path, 404]);
  expect((await system.ask("/runs/export~mine/evaluate", { body: {} })).json).toMatchObject({ status: "failed" });
  expect((await system.ask("/runs/export~mine", { method: "DELETE" })).status).toBe(404);
  const refused = await system.ask("/runs/train", { body: { corpus_file_id: "f", pretrained_run_id: "export~mine" } });
  expect(refused.status).toBe(400);
});

test("a run whose files are in the file service alone is brought back, then exported as any other", async () => {
  const env = { PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: scratchPath("export-files"), API_UPLOAD_KEYS: "bank-key" };
  await using bank = await startDataBank(dataBankConfig(env), { log: { write() {} } });
  const dataBank = { url: bank.url, apiKey: "bank-key" };
  await using api = await system.start({ dataBank });
  const files = new DataBankClient(dataBank);
  const sent = async (id: string) => {
    const path = newRun(id);
    const before = await bytesOf(await client().export(id));
    const archive = join(system.root, `${id}.tar.gz`);
    await packRun(path, id, createWriteStream(archive));
    const { file_id: fileId } = await files.upload(archive, "application/gzip");
    rmSync(path, { recursive: true });
    return { path, before, fileId };
  };

  const cleaned = await sent("cleaned");
  const kept = archivedFiles(openHome(system.root), "cleaned").manifest;
  writeFileSync(kept, JSON.stringify({ ...manifest, run_id: "cleaned", artifact_file_id: cleaned.fileId }));
  const list = ExportList.parse((await ask(`${api.url}/runs/cleaned/export?list=true`)).json);
  expect(list.bytes).toBe(cleaned.before.length);
  expect((await bytesOf(await open(`${api.url}/runs/cleaned/export`))).equals(cleaned.before)).toBe(true);
  expect(readdirSync(cleaned.path)).toContain("logs.jsonl");

  const elsewhere = await sent("elsewhere"); // trained on a machine with another home
  await system.runs.create("elsewhere", 0n, REQUEST);
  await system.runs.set("elsewhere", { artifactFileId: elsewhere.fileId });
  expect((await bytesOf(await open(`${api.url}/runs/elsewhere/export`))).equals(elsewhere.before)).toBe(true);

  expect(await ask(`${api.url}/runs/waits/export`)).toMatchObject({ status: 404, json: { code: "DATA_NOT_FOUND" } });
  rmSync(cleaned.path, { recursive: true });
  await files.remove(cleaned.fileId);
  const lost = await ask(`${api.url}/runs/cleaned/export`);
  expect(lost).toMatchObject({ status: 502, json: { code: "ARTIFACT_DOWNLOAD_FAILED" } });
  expect(lost.text).toContain("run cleaned cannot be brought back");
  expect(lost.text).not.toContain(system.root);
});

/** The files of a run that the API, which runs in this process, has open. */
const openOf = (runId: string): string[] =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes(`/models/${runId}/`);
    } catch {
      return false; // closed meanwhile
    }
  });

test("a download that is cancelled leaves nothing open, and one whose file is cut breaks off", async () => {
  const bytes = 200 << 20;
  const weights = join(newRun("large", { "model.safetensors": head(bytes) }), "model.safetensors");
  truncateSync(weights, head(bytes).length + bytes);
  const cancelled = await system.open("/runs/large/export");
  expect(openOf("large").length).toBeGreaterThan(0);
  cancelled.destroy();
  while (openOf("large").length > 0) await sleep(20);

  const cut = await system.open("/runs/large/export");
  truncateSync(weights, 1 << 20);
  await expect(bytesOf(cut)).rejects.toMatchObject({ code: "ECONNRESET" });
  while (openOf("large").length > 0) await sleep(20);
});
