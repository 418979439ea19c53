// Reads what came from outside, for fuzz.faults.ts: the files of a folder, in the way that is named. Answers each with what
// it was refused with, null if it was taken. What ends the process, or holds it up, is for the parent to see.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { TrainerClient } from "@trainer/client";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { loadAdapter, loadModel, logits, readStoredIds } from "@trainer/models";
import { loadTokenizer } from "@trainer/tokenizers";
import { noGrad, scope, setNumThreads, tensor } from "@trainer/torch";
import { openHome, openModel, score, unpackRun } from "@trainer/training";

setNumThreads(1);
const TEXT = "Hello <s> wörld!\n  12 ▁ \u{1f600}\0 日本";
const [kind, base, place] = process.argv.slice(2);

async function tokenizer(folder) {
  const loaded = await loadTokenizer(folder);
  const ids = loaded.encode(TEXT);
  loaded.decode(ids);
  for (let id = 0; id < Math.min(loaded.vocabSize, 300); id++) loaded.token(id);
  if (loaded.vocabSize > 0) loaded.decode([0, loaded.vocabSize - 1]);
}

function step(model) {
  const ids = [0, 1, model.outline.vocabSize - 1];
  noGrad(() => scope(() => void logits(model, tensor(ids, [1, 3], { dtype: "int64" }), { training: false }).toArray()));
}

function free(params) {
  for (const parameter of params.list()) parameter.dispose();
}

async function model(folder) {
  await readStoredIds(folder);
  const loaded = await loadModel(folder);
  try {
    step(loaded.model);
  } finally {
    free(loaded.model.params);
  }
}

async function gguf(folder) {
  const opened = await openModel(join(folder, "model.gguf"), { home: openHome(place), device: "cpu" });
  try {
    opened.tokenizer.decode(opened.tokenizer.encode(TEXT));
    step(opened.model);
    await score(opened, { text: "Hello  wörld" });
  } finally {
    opened[Symbol.dispose]();
  }
}

async function adapter(folder) {
  const { model } = await loadModel(base);
  try {
    const lora = await loadAdapter(folder, model);
    step(lora.model);
    free(lora.adapter);
  } finally {
    free(model.params);
  }
}

async function archive(folder) {
  const path = join(folder, "run.tar.gz");
  const fileId = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  const dir = join(place, "r");
  try {
    await unpackRun(() => createReadStream(path), dir, { runId: "r", fileId });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A server that answers every request with what it was last given. */
async function serveBody() {
  let body = Buffer.alloc(0);
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/event-stream").end(body));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const client = new TrainerClient({ url, retries: 0 });
  return async (folder) => {
    body = await readFile(join(folder, "events.txt"));
    for await (const _ of client.followMetrics("r"));
    for await (const _ of client.followLogs("r"));
    try {
      await client.generate("r", { prompt: "a" }, { onText() {} });
    } catch (error) {
      if (error.code !== "INVALID_ANSWER") throw error; // what is asked for in the end is none of this server's
    }
  };
}

async function bank() {
  const config = dataBankConfig({ DATA_ROOT: place, PORT: "0", LOG_LEVEL: "fatal", MIN_FREE_GB: "0" });
  const { url } = await startDataBank(config);
  return async (folder) => {
    const form = await readFile(join(folder, "form.txt"));
    const [line] = form.toString("latin1").split("\n", 1);
    const type = line.replaceAll(/[^\x20-\x7e]/g, "");
    const upload = request(`${url}/files`, { method: "POST", headers: { "content-type": type } });
    upload.end(form.subarray(line.length + 1));
    const [answer] = await once(upload, "response");
    let text = "";
    for await (const piece of answer) text += piece;
    if (answer.statusCode !== 201) throw refused(answer.statusCode, text);
  };
}

class Refused extends Error {
  name = "AppError";
}

function refused(status, text) {
  const { code, message } = JSON.parse(text);
  return status < 500 ? new Refused(`${code}: ${message}`) : new Error(`answered with ${status}: ${text}`);
}

const READ = {
  "tokenizer.json": () => tokenizer,
  "tokenizer.model": () => tokenizer,
  safetensors: () => model,
  "model.pt": () => model,
  "config.json": () => model,
  gguf: () => gguf,
  adapter: () => adapter,
  "run.tar": () => archive,
  "run.tar.gz": () => archive,
  events: serveBody,
  form: bank,
};
const read = await READ[kind]();

async function answer(folder) {
  let refusal = null;
  try {
    await read(folder);
  } catch (error) {
    refusal = { name: String(error?.name), message: String(error?.message), stack: String(error?.stack) };
  }
  process.send({ refusal });
}

process.on("message", (folder) => void answer(folder));
process.send("ready");
