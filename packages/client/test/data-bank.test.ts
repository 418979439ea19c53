import { randomBytes } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { globalAgent } from "node:http";
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { containing, matching, scratchPath, sha256 } from "@trainer/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DataBankClient } from "../src/data-bank.js";
import { saying } from "./saying.js";

const NOBODY = sha256("what nobody has");
const portOf = (server: Server) => {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

let folder = "";
let url = "";
let bank: Awaited<ReturnType<typeof startDataBank>>;
beforeAll(async () => {
  folder = scratchPath("client");
  const env = {
    PORT: "0",
    MIN_FREE_GB: "0",
    DATA_ROOT: join(folder, "bank"),
    API_UPLOAD_KEYS: "key",
    LOG_LEVEL: "fatal",
  };
  bank = await startDataBank(dataBankConfig({ ...env, MAX_FILE_BYTES: "40000000" }));
  ({ url } = bank);
});
afterAll(async () => {
  await bank[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const quick = { retries: 3, backoffMs: 1 };
const client = (options: object = {}) => new DataBankClient({ url, apiKey: "key", ...quick, ...options });
function fileOf(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const partsIn = () => readdirSync(folder).filter((name) => name.endsWith(".part"));

test("a file goes up, is told of, comes back, and is removed", async () => {
  const content = randomBytes(3_000_001);
  const seen: number[] = [];
  const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => seen.push(bytes / totalBytes);
  const info = await client().upload(fileOf("a", content), "text/x-own; charset=koi8-r", { onProgress });
  expect(info).toMatchObject({ file_id: sha256(content), size: 3_000_001, content_type: "text/x-own; charset=koi8-r" });
  expect(seen.at(-1)).toBe(1);
  expect(await client().info(info.file_id)).toEqual(info);
  expect(await client().head(info.file_id)).toEqual({
    size: 3_000_001,
    sha256: info.sha256,
    contentType: "text/x-own; charset=koi8-r",
  });
  seen.length = 0;
  await client().download(info.file_id, join(folder, "b"), { onProgress });
  expect(sha256(readFileSync(join(folder, "b")))).toBe(sha256(content));
  expect(seen.at(-1)).toBe(1);
  await client().remove(info.file_id);
  await client().remove(info.file_id);
  await expect(client().info(info.file_id)).rejects.toMatchObject({ code: "NOT_FOUND", status: 404 });
  expect(partsIn()).toEqual([]);
});

test("a connection keeps the process only while something is asked for", async () => {
  const { file_id: id } = await client().upload(fileOf("brief", "content"), "text/plain");
  await client().head(id);
  await client().download(id, join(folder, "brought"));
  await client().info(id);
  await client().remove(id);
  const { port } = new URL(url);
  const busy = () => Object.keys(globalAgent.sockets).filter((name) => name.includes(`:${port}:`));
  await vi.waitFor(() => expect(busy()).toEqual([]));
});

test("no name of a file ends the header that it stands in", async () => {
  const path = fileOf("named", "content");
  const filename = 'a"b\r\nContent-Type: x\r\n\r\n.txt';
  const { file_id: id, content_type: type } = await client().upload(path, "text/plain", { filename });
  expect([id, type]).toEqual([sha256("content"), "text/plain"]);
});

test("an empty file is a file", async () => {
  const { file_id: id, size } = await client({ url: `${url}/` }).upload(fileOf("empty", ""), "text/plain");
  expect([id, size]).toEqual([sha256(""), 0]);
  await client().download(id, join(folder, "empty-too"));
  expect(readFileSync(join(folder, "empty-too"))).toHaveLength(0);
});

test("a refusal has the service's words, and is not tried again", async () => {
  const path = fileOf("refused", "x");
  await expect(client({ apiKey: undefined }).upload(path, "a/b")).rejects.toMatchObject({
    name: "ServiceError",
    code: "UNAUTHORIZED",
    message: "missing API key",
    status: 401,
    requestId: matching(/^[0-9a-f-]{36}$/),
  });
  await expect(client({ apiKey: "wrong" }).remove(NOBODY)).rejects.toMatchObject({ status: 403 });
});

test("a refusal in the middle of an upload is heard, without sending the rest", async () => {
  let sent = 0;
  const path = fileOf("large", Buffer.alloc(60_000_000));
  const upload = client().upload(path, "a/b", { onProgress: ({ bytes }) => (sent = bytes) });
  await expect(upload).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE", status: 413 });
  expect(sent).toBeLessThan(60_000_000);
});

test("a file that cannot be read is told as such", async () => {
  await expect(client().upload(join(folder, "absent"), "a/b")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(client().upload(folder, "a/b")).rejects.toMatchObject({ code: "EISDIR" });
});

test.each([
  ["shorter", (path: string) => truncateSync(path, 1 << 20)],
  ["other", (path: string) => writeFileSync(path, Buffer.alloc(4 << 20, 9))],
])("a file that becomes %s while it is sent is an error, or what was sent", async (_, change) => {
  const path = fileOf("changing", Buffer.alloc(4 << 20, 1));
  let changed = false;
  const onProgress = () => {
    if (!changed) change(path);
    changed = true;
  };
  const outcome = await client()
    .upload(path, "a/b", { onProgress })
    .then(
      ({ size }) => size,
      (error: { code?: string }) => error.code,
    );
  expect(outcome).toBeOneOf(["HASH_MISMATCH", 4 << 20]);
});

test("a file that grows while it is sent goes as it was", async () => {
  const path = fileOf("growing", Buffer.alloc(2 << 20, 1));
  const { size } = await client().upload(path, "a/b", { onProgress: () => appendFileSync(path, "more") });
  expect(size).toBe(2 << 20);
});

/** Passes connections on, each cut off after so many bytes of the answer. */
async function cuttingProxy(limits: (number | null)[]) {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const server = createTcp((near) => {
    const limit = limits.length > 1 ? limits.shift() : limits[0];
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    near.pipe(far);
    let passed = 0;
    far.on("data", (data: Buffer) => {
      const room = (limit ?? Infinity) - passed;
      passed += data.length;
      near.write(data.subarray(0, Math.max(0, room)));
      if (data.length <= room) return;
      far.pause();
      near.destroySoon();
    });
    far.on("end", () => near.end());
    near.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a download over a line that breaks again and again comes whole", async () => {
  const content = randomBytes(2_000_000);
  const { file_id: id } = await client().upload(fileOf("broken", content), "a/b");
  await using proxy = await cuttingProxy([300_000]);
  const path = join(folder, "mended");
  await client({ url: proxy.url, retries: 1 }).download(id, path);
  expect(sha256(readFileSync(path))).toBe(sha256(content));
});

test("what came before a break is kept, and the next call asks for the rest alone", async () => {
  const content = randomBytes(1_000_000);
  const { file_id: id } = await client().upload(fileOf("half", content), "a/b");
  await using proxy = await cuttingProxy([500_000, 0]);
  const path = join(folder, "resumed");
  await expect(client({ url: proxy.url, retries: 1 }).download(id, path)).rejects.toMatchObject({
    code: "UNREACHABLE",
  });
  expect(partsIn()).toEqual([`resumed.${id.slice(0, 16)}.part`]);
  const there = statSync(`${path}.${id.slice(0, 16)}.part`).size;
  expect(there).toBeGreaterThan(400_000);
  const seen: number[] = [];
  await client().download(id, path, { onProgress: ({ bytes }) => seen.push(bytes) });
  expect(seen[0]).toBeGreaterThan(there);
  expect(sha256(readFileSync(path))).toBe(sha256(content));
  expect(partsIn()).toEqual([]);
});

test("a part that is damaged, or longer than the file, is fetched again", async () => {
  const content = randomBytes(100_000);
  const { file_id: id } = await client().upload(fileOf("damaged", content), "a/b");
  for (const there of [Buffer.alloc(50_000), Buffer.alloc(200_000), Buffer.alloc(100_000)]) {
    fileOf(`again.${id.slice(0, 16)}.part`, there);
    await client().download(id, join(folder, "again"));
    expect(sha256(readFileSync(join(folder, "again")))).toBe(sha256(content));
  }
});

test("a transfer that is stopped stops, and is not tried again", async () => {
  const content = randomBytes(3_000_000);
  const path = fileOf("stopped", content);
  const { file_id: id } = await client().upload(path, "a/b");
  for (const transfer of [
    (options: object) => client().download(id, join(folder, "stopped-too"), options),
    (options: object) => client().upload(path, "a/b", options),
  ]) {
    const stop = new AbortController();
    const stopped = transfer({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  }
});

const described = (content: string) =>
  JSON.stringify({ file_id: sha256(content), sha256: sha256(content), size: content.length, content_type: "a/b" });

test("what a service cannot do at the moment is tried again, uploads too", async () => {
  await using service = await saying((_, res, nth) => {
    if (nth < 2) res.writeHead(503).end();
    else res.end(described("content"));
  });
  const info = await client({ url: service.url }).upload(fileOf("content", "content"), "a/b");
  expect(info).toMatchObject({ size: 7, created_at: null });
  expect(service.count()).toBe(3);
});

test.each([
  ['{"message":"in message"}', "in message"],
  ['{"detail":"in detail"}', "in detail"],
  ['{"message":"","error":"in error"}', "in error"],
  ["<html>", "HTTP 503"],
])("after its retries it says what the service said: %s", async (body, message) => {
  await using service = await saying((_, res) => void res.writeHead(503).end(body));
  await expect(client({ url: service.url, retries: 2 }).info(NOBODY)).rejects.toMatchObject({
    message,
    code: "HTTP_503",
  });
  expect(service.count()).toBe(3);
});

test("a full disk is not tried again", async () => {
  await using service = await saying((_, res) => void res.writeHead(507).end('{"code":"INSUFFICIENT_STORAGE"}'));
  await expect(client({ url: service.url }).remove(NOBODY)).rejects.toMatchObject({ code: "INSUFFICIENT_STORAGE" });
  expect(service.count()).toBe(1);
});

test("a service that does not answer, is not there, or is none, is told as such", async () => {
  await using silent = await saying(() => {});
  const patient = { retries: 0, timeoutMs: 50 };
  await expect(client({ url: silent.url, ...patient }).info(NOBODY)).rejects.toMatchObject({ code: "TIMEOUT" });
  await expect(client({ url: "http://127.0.0.1:1", ...quick }).info(NOBODY)).rejects.toMatchObject({
    code: "UNREACHABLE",
    message: containing(`http://127.0.0.1:1/files/${NOBODY}/info cannot be reached`),
  });
  const withPassword = client({ url: "http://jane:secret@127.0.0.1:1", ...quick }).info(NOBODY);
  await expect(withPassword).rejects.toMatchObject({ message: matching(/^http:\/\/127\.0\.0\.1:1\/files/) });
  await using other = await saying((_, res) => void res.end("<html>hello</html>"));
  for (const ask of [client({ url: other.url }).info(NOBODY), client({ url: other.url }).head(NOBODY)]) {
    await expect(ask).rejects.toMatchObject({ code: "INVALID_ANSWER" });
  }
  await expect(client({ url: "https://127.0.0.1:1", retries: 0 }).info(NOBODY)).rejects.toMatchObject({
    code: "UNREACHABLE",
  });
  await expect(client({ url: "http://[bad", retries: 0 }).info(NOBODY)).rejects.toThrow("Invalid URL");
});

test("an answer that says less than it announced, or something else, is not taken for the file", async () => {
  const id = sha256("the content");
  const head = { etag: `"${id}"`, "content-length": "11" };
  await using wrong = await saying(
    (req, res) => void res.writeHead(200, head).end(req.method === "HEAD" ? "" : "the cOntent"),
  );
  const path = join(folder, "wrong");
  await expect(client({ url: wrong.url }).download(id, path)).rejects.toMatchObject({ code: "HASH_MISMATCH" });
  await using short = await saying((req, res) => {
    res
      .writeHead(200, req.method === "HEAD" ? head : { "content-length": "5" })
      .end(req.method === "HEAD" ? "" : "the c");
  });
  await expect(client({ url: short.url, retries: 0 }).download(id, path)).rejects.toMatchObject({
    code: "UNREACHABLE",
  });
  await using other = await saying((_, res) => void res.end(described("other")));
  await expect(client({ url: other.url }).upload(fileOf("x", "x"), "a/b")).rejects.toMatchObject({
    code: "HASH_MISMATCH",
  });
});

test("a service that knows no ranges is asked for all of it", async () => {
  const content = "the content";
  const ranges: unknown[] = [];
  await using plain = await saying((req, res) => {
    if (req.method === "GET") ranges.push(req.headers.range);
    res.writeHead(200, { etag: sha256(content), "content-length": String(content.length) });
    res.end(req.method === "HEAD" ? "" : content);
  });
  const path = join(folder, "plain");
  fileOf(`plain.${sha256(content).slice(0, 16)}.part`, "the ");
  await client({ url: plain.url }).download(sha256(content), path);
  expect(ranges).toEqual(["bytes=4-"]);
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("a client of its own takes what nobody says by default", () => {
  expect(new DataBankClient({ url })).toBeInstanceOf(DataBankClient);
});
