import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { containing, matching, scratchPath, sha256 } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataBankClient } from "../src/data-bank.js";
import { TrainerClient } from "../src/index.js";
import { saying } from "./saying.js";

let folder = "";
beforeAll(() => {
  folder = scratchPath("lying-bank");
});
afterAll(() => rmSync(folder, { recursive: true }));

const content = Buffer.from("the corpus that was asked for");
const other = Buffer.from("the corpus of somebody else..");
const id = sha256(content);
const partOf = (name: string) => `${name}.${id.slice(0, 16)}.part`;
const clientOf = (url: string) => new DataBankClient({ url, apiKey: "secret", retries: 1, backoffMs: 1 });

const head = (etag: string, bytes: Buffer) => ({ etag, "content-length": String(bytes.length) });
/** Describes its file truthfully, and sends something else. */
const sending = (bytes: Buffer, headers: object = {}) =>
  function answer(req: IncomingMessage, res: ServerResponse): void {
    if (req.method === "HEAD") res.writeHead(200, head(id, content)).end();
    else res.writeHead(200, { etag: id, ...headers }).end(bytes);
  };

async function endless(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method === "HEAD") return void res.writeHead(200, head(id, content)).end();
  res.writeHead(200, { etag: id });
  while (!res.destroyed) {
    res.write(Buffer.alloc(1 << 10, "x"));
    await setImmediate();
  }
}

test.each<[string, string, (req: IncomingMessage, res: ServerResponse) => void]>([
  ["names another file", "INVALID_ANSWER", (_, res) => void res.writeHead(200, head(sha256(other), other)).end(other)],
  ["names no file", "INVALID_ANSWER", (_, res) => void res.writeHead(200, head("newest", content)).end(content)],
  ["tells no size", "INVALID_ANSWER", (_, res) => void res.writeHead(200, { etag: id }).end()],
  ["sends other bytes", "HASH_MISMATCH", sending(other)],
  ["sends fewer bytes", "UNREACHABLE", sending(content.subarray(0, 9))],
  ["sends more bytes", "INVALID_ANSWER", sending(Buffer.concat([content, other]))],
  ["sends them packed", "INVALID_ANSWER", sending(gzipSync(content), { "content-encoding": "gzip" })],
  ["sends without end", "INVALID_ANSWER", (req, res) => void endless(req, res)],
])("of a service that %s nothing is put in place", async (_, code, answer) => {
  await using service = await saying(answer);
  const path = join(folder, "asked");
  await expect(clientOf(service.url).download(id, path)).rejects.toMatchObject({ name: "ServiceError", code });
  expect(readdirSync(folder).filter((name) => !name.endsWith(".part"))).toEqual([]);
  await expect(readOf(service.url)).rejects.toMatchObject({ name: "ServiceError" });
});

async function readOf(url: string): Promise<Buffer> {
  return buffer((await clientOf(url).read(id)).content);
}

test("what a lying service has left beside a file does no harm to the next download", async () => {
  const path = join(folder, "next");
  await using honest = await saying(sending(content));
  for (const left of [other, other.subarray(0, 9)]) {
    writeFileSync(join(folder, partOf("next")), left);
    expect(await clientOf(honest.url).download(id, path)).toMatchObject({ sha256: id, size: content.length });
    expect(readFileSync(path)).toEqual(content);
  }
});

test.each([
  ["other bytes", 206, other.subarray(9)],
  ["the whole in place of the rest", 200, content],
  ["the whole as if it were the rest", 206, content],
])("a file that is gone on with is right also where %s come", async (_, status, rest) => {
  await using service = await saying((req, res) => {
    if (req.headers.range === undefined) sending(content)(req, res);
    else res.writeHead(status, { etag: id }).end(rest);
  });
  const path = join(folder, "rest");
  writeFileSync(join(folder, partOf("rest")), content.subarray(0, 9));
  const outcome = await clientOf(service.url)
    .download(id, path)
    .then(
      () => readFileSync(path, "utf8"),
      (error: { code?: string }) => error.code,
    );
  expect(outcome).toBe(rest === content && status === 206 ? "INVALID_ANSWER" : String(content));
  rmSync(path, { force: true });
});

test("a file that is larger than the disk is not begun", async () => {
  let asked = 0;
  await using service = await saying((req, res) => {
    if (req.method !== "HEAD") asked += 1;
    res.writeHead(200, { etag: id, "content-length": String(2 ** 52) }).end();
  });
  await expect(clientOf(service.url).download(id, join(folder, "huge"))).rejects.toMatchObject({
    code: "INSUFFICIENT_STORAGE",
    message: containing(`would need ${2 ** 52} bytes`),
  });
  expect(asked).toBe(0);
});

test("of a file that is read as it comes, the last bytes are given once all are known to be right", async () => {
  const large = randomBytes(3 << 20);
  const head = { etag: `"${sha256(large)}"`, "content-length": String(large.length), "content-type": "a/b" };
  let sent = large;
  await using service = await saying((_, res) => void res.writeHead(200, head).end(sent));
  const good = await clientOf(service.url).read(sha256(large));
  expect(good).toMatchObject({ size: large.length, contentType: "a/b" });
  expect(sha256(await buffer(good.content))).toBe(sha256(large));
  sent = Buffer.from(large);
  sent[17] = Number(sent[17]) ^ 1;
  const { content: bad } = await clientOf(service.url).read(sha256(large));
  let bytes = 0;
  bad.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await expect(new Promise((_, reject) => bad.once("error", reject))).rejects.toMatchObject({ code: "HASH_MISMATCH" });
  expect(bytes).toBeLessThan(large.length);
  await using empty = await saying(
    (_, res) => void res.writeHead(200, { etag: sha256(""), "content-length": "0" }).end(),
  );
  expect(await buffer((await clientOf(empty.url).read(sha256(""))).content)).toHaveLength(0);
});

test("a description of another file is none of the one that was asked for", async () => {
  const told = { file_id: sha256(other), sha256: sha256(other), size: other.length, content_type: "a/b" };
  await using service = await saying((_, res) => void res.end(JSON.stringify(told)));
  await expect(clientOf(service.url).info(id)).rejects.toMatchObject({
    code: "INVALID_ANSWER",
    message: containing(`it describes the file ${sha256(other)}, not ${id}`),
  });
});

test("no redirect is followed, and no key goes anywhere but to the address that was given", async () => {
  const strangers: IncomingMessage["headers"][] = [];
  await using stranger = await saying((req, res) => {
    strangers.push(req.headers);
    sending(content)(req, res);
  });
  const keys: unknown[] = [];
  await using service = await saying((req, res) => {
    keys.push(req.headers["x-api-key"]);
    res.writeHead(307, { location: `${stranger.url}${req.url}` }).end("elsewhere");
  });
  const bank = clientOf(service.url);
  const trainer = new TrainerClient({ url: service.url, apiKey: "secret", retries: 0 });
  const path = join(folder, "moved");
  writeFileSync(path, "a text");
  for (const ask of [
    () => bank.download(id, join(folder, "elsewhere")),
    () => bank.read(id),
    () => bank.info(id),
    () => bank.remove(id),
    () => bank.upload(path, "a/b"),
    () => trainer.runs(),
    () => trainer.train({ corpus_file_id: id }),
    () => trainer.followLogs("run").next(),
  ]) {
    await expect(ask()).rejects.toMatchObject({
      code: "REDIRECTED",
      message: matching(/redirects to http:\S+, which is not followed/),
    });
  }
  expect([strangers, keys]).toEqual([[], keys.map(() => "secret")]);
});

test("an answer without end is given up", async () => {
  await using service = await saying((req, res) => {
    res.writeHead(req.url?.startsWith("/runs") ? 500 : 200);
    void (async () => {
      while (!res.destroyed) {
        res.write("x".repeat(1 << 16));
        await setImmediate();
      }
    })();
  });
  const long = { code: "INVALID_ANSWER", message: matching(/has more than \d+ characters/) };
  await expect(clientOf(service.url).info(id)).rejects.toMatchObject(long);
  const trainer = new TrainerClient({ url: service.url, retries: 0 });
  await expect(trainer.runs()).rejects.toMatchObject(long);
});
