import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { Agent, IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { containing, matching } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { ask, filesIn, FORM_TYPE, form, scratch, sha256, startBank, type Bank } from "./bank.js";
import { z } from "zod";

beforeAll(() => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", "services/data-bank"], {
    cwd: root,
  });
});

/** Waits until `look` is true: for what the other side of a connection does in its own time. */
async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const nothingHalfThere = (bank: Bank) => until(() => bank.files().every((path) => !path.includes("upload_")));

test("many uploads of the same content at once make one whole file", async () => {
  await using bank = await startBank();
  const content = Buffer.alloc(300_000, "same");
  const answers = await Promise.all(Array.from({ length: 20 }, () => bank.upload(content)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
  expect(bank.files().map((path) => path.replace(/.*\./, ""))).toEqual(["bin", "meta"]);
  expect((await bank.get(`/files/${sha256(content)}`)).body).toEqual(content);
});

test("uploads and deletions of the same file at once leave it whole or not at all", async () => {
  await using bank = await startBank();
  for (let round = 0; round < 10; round++) {
    await Promise.all([bank.upload("x"), bank.remove(sha256("x")), bank.upload("x"), bank.remove(sha256("x"))]);
    expect(bank.files().length).toBeOneOf([0, 2]);
  }
});

test("an upload cut off at any byte leaves nothing", async () => {
  await using bank = await startBank();
  const body = form("the content that is cut off");
  const head = `POST /files HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${FORM_TYPE["content-type"]}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const { hostname, port } = new URL(bank.url);
  for (let at = 0; at < body.length; at++) {
    const socket = connect(Number(port), hostname);
    socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, at)]), () => socket.destroy());
    await new Promise((resolve) => socket.once("close", resolve));
  }
  await nothingHalfThere(bank);
  await until(async () => (await bank.get("/metrics")).body.includes("data_bank_uploads_in_progress 0\n"));
  expect(bank.files()).toEqual([]);
  expect((await bank.get("/healthz")).status).toBe(200);
});

test("a form that ends before its end is refused at any byte, though its length was as announced", async () => {
  await using bank = await startBank();
  const body = form("short");
  for (let at = 0; at < body.length - 2; at++) {
    const answer = await ask(`${bank.url}/files`, { method: "POST", headers: FORM_TYPE, body: body.subarray(0, at) });
    expect([at, answer.status]).toEqual([at, 400]);
  }
  expect(bank.files()).toEqual([]);
});

test.each([
  ["a delimiter with something after it", "--b oops\r\n\r\nx\r\n--b--"],
  ["headers without an end", `--b\r\nX-A: ${"a".repeat(20_000)}`],
])("a malformed form is refused: %s", async (_, text) => {
  await using bank = await startBank();
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const answer = await ask(`${bank.url}/files`, { method: "POST", headers, body: Buffer.from(text) });
  expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_INPUT" } });
});

test("more than is allowed is 413: told at once where the length says so, else when it comes", async () => {
  await using bank = await startBank({ MAX_FILE_BYTES: "1000" }, { timeouts: { lingerMs: 60_000 } });
  expect((await bank.upload(Buffer.alloc(1000))).status).toBe(201);
  const tooLarge = { status: 413, json: { code: "PAYLOAD_TOO_LARGE", message: "file too large" } };
  expect(await bank.upload(Buffer.alloc(1001))).toMatchObject(tooLarge);
  expect(await bank.upload(Buffer.alloc(1 << 20))).toMatchObject(tooLarge);
  expect(bank.files()).toHaveLength(2);
});

test("a connection on which an upload was refused takes the next request at once", async () => {
  await using bank = await startBank({}, { timeouts: { lingerMs: 20_000 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = async (body: Buffer) => {
    const upload = request(`${bank.url}/files`, { method: "POST", headers: FORM_TYPE, agent });
    upload.end(body);
    const [answer] = await once(upload, "response").then(z.tuple([z.instanceof(IncomingMessage)]).parse);
    answer.resume();
    await once(answer, "end");
    return { status: answer.statusCode, reused: upload.reusedSocket };
  };
  const sound = form("sound");
  const malformed = Buffer.from(sound.toString().replace(/^(--.*)\r/, "$1?\r"));
  expect(await post(Buffer.concat([malformed, Buffer.alloc(500_000)]))).toEqual({ status: 400, reused: false });
  const started = performance.now();
  expect(await post(sound)).toEqual({ status: 201, reused: true });
  expect(performance.now() - started).toBeLessThan(10_000);
  agent.destroy();
});

test("who goes on sending after a refusal is cut off", async () => {
  await using bank = await startBank({ API_UPLOAD_KEYS: "k" }, { timeouts: { lingerMs: 50 } });
  const { hostname, port } = new URL(bank.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  let answer = "";
  socket.on("data", (data) => (answer += data.toString()));
  socket.write("POST /files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\n");
  const sending = setInterval(() => socket.write(Buffer.alloc(1000)), 5);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(sending);
  expect(answer).toContain("401 Unauthorized");
});

/** A file system of its own, where this process may mount one. */
function mount(path: string, options: string): boolean {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("a full disk is 507; nothing is left, and with room it goes on", async (context) => {
  const disk = join(scratch(), "disk");
  context.skip(!mount(disk, "size=1m"), "a small disk cannot be mounted here");
  try {
    await using bank = await startBank({ DATA_ROOT: disk });
    expect((await bank.upload(Buffer.alloc(300_000))).status).toBe(201);
    const headers = { ...FORM_TYPE, "transfer-encoding": "chunked" }; // so that nobody knows beforehand
    const body = form(Buffer.alloc(3_000_000, 1));
    expect(await ask(`${bank.url}/files`, { method: "POST", headers, body })).toMatchObject({
      status: 507,
      json: { code: "INSUFFICIENT_STORAGE", message: "insufficient free space" },
    });
    expect(bank.files()).toHaveLength(2);
    expect((await bank.get(`/files/${sha256(Buffer.alloc(300_000))}`)).body).toHaveLength(300_000);
    execFileSync("mount", ["-o", "remount,size=8m", disk]);
    expect((await bank.upload(Buffer.alloc(3_000_000, 1))).status).toBe(201);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("a disk that became read-only is 503 and not ready; what is there is still served", async (context) => {
  const disk = join(scratch(), "disk");
  context.skip(!mount(disk, "size=8m"), "a disk cannot be mounted here");
  try {
    await using bank = await startBank({ DATA_ROOT: disk });
    await bank.upload("kept");
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const refused = { status: 503, json: { code: "SERVICE_UNAVAILABLE", message: "storage not writable" } };
    expect(await bank.upload("more")).toMatchObject(refused);
    expect(await bank.remove(sha256("kept"))).toMatchObject(refused);
    expect((await bank.get("/readyz")).json).toEqual({ status: "degraded", reason: "storage not writable" });
    expect((await bank.get(`/files/${sha256("kept")}`)).body.toString()).toBe("kept");
    execFileSync("mount", ["-o", "remount,rw", disk]);
    expect((await bank.upload("more")).status).toBe(201);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("what the disk cannot do is 500, told in one sentence and logged in full", async () => {
  await using bank = await startBank();
  const id = sha256("x");
  const folder = join(bank.root, id.slice(0, 2), id.slice(2, 4));
  mkdirSync(join(folder, `${id}.bin`), { recursive: true }); // a folder where a file belongs
  mkdirSync(join(folder, `${id}.meta`));
  for (const answer of [await bank.upload("x"), await bank.get(`/files/${id}`), await bank.remove(id)]) {
    expect(answer).toMatchObject({
      status: 500,
      json: { code: "INTERNAL_ERROR", message: "Internal server error", request_id: matching(/./) },
    });
  }
  expect(bank.logs.join("")).toContain("EISDIR");
  expect(bank.files()).toEqual([]);
});

test("a file whose description is lost is still a file", async () => {
  await using bank = await startBank();
  await bank.upload("content", "text/plain");
  const sidecar = bank.files().find((path) => path.endsWith(".meta")) ?? "";
  for (const text of [null, "", "sha256=other\ncontent_type=a/b\ncreated_at=now\n", "nonsense"]) {
    if (text === null) rmSync(sidecar);
    else writeFileSync(sidecar, text);
    const answer = await bank.get(`/files/${sha256("content")}/info`);
    expect(answer).toMatchObject({ status: 200, json: { size: 7, content_type: "application/octet-stream" } });
  }
});

const SERVER = fileURLToPath(new URL("./killed.mjs", import.meta.url));

/** A service in a process of its own, killed as it is about to do the `n`th of the calls that change folders. */
async function killedAt(root: string, call: number): Promise<boolean> {
  const child = spawn(process.execPath, [SERVER, root, String(call)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("close", (_, signal) => resolve(signal)));
  await ended;
  return (await ended) === "SIGKILL" && !lines.join("").includes("stored");
}

test("a process killed at any step of an upload leaves whole files, described, or none", async () => {
  let steps = 0;
  for (let call = 0, cut = true; cut; call++, steps++) {
    const root = scratch();
    cut = await killedAt(root, call);
    await using bank = await startBank({ DATA_ROOT: root });
    const id = sha256("killed");
    const info = await bank.get(`/files/${id}/info`);
    const content = (await bank.get(`/files/${id}`)).body.toString();
    const whole = [200, "killed", { content_type: "text/killed", size: 6 }];
    const none = [404, containing("NOT_FOUND"), { code: "NOT_FOUND" }];
    expect([info.status, content, info.json]).toMatchObject(info.status === 200 || !cut ? whole : none);
    expect((await bank.upload("killed", "text/again")).status).toBe(201); // nothing blocks it
    expect((await bank.get(`/files/${id}/info`)).json).toMatchObject({ content_type: "text/again" });
    rmSync(root, { recursive: true });
  }
  expect(steps).toBeGreaterThan(8);
});

test("the memory of a large upload is small", async () => {
  await using bank = await startBank();
  const before = process.memoryUsage().rss;
  let most = 0;
  const size = 256 << 20;
  const chunk = Buffer.alloc(1 << 20, 7);
  async function* parts() {
    const whole = form("X");
    const at = whole.indexOf("X\r\n--");
    yield whole.subarray(0, at);
    for (let sent = 0; sent < size; sent += chunk.length) {
      yield chunk;
      most = Math.max(most, process.memoryUsage().rss);
    }
    yield whole.subarray(at + 1);
  }
  const body = ReadableStream.from(parts());
  const answer = await fetch(`${bank.url}/files`, { method: "POST", headers: FORM_TYPE, body, duplex: "half" });
  expect(await answer.json()).toMatchObject({ size });
  expect((most - before) / 2 ** 20).toBeLessThan(128);
  const stored = bank.files().find((path) => path.endsWith(".bin")) ?? "";
  expect(statSync(stored).size).toBe(size);
});

test("files are read while they are deleted", async () => {
  await using bank = await startBank();
  const content = Buffer.alloc(8 << 20, 3);
  await bank.upload(content);
  const [download] = await Promise.all([bank.get(`/files/${sha256(content)}`), bank.remove(sha256(content))]);
  expect(download.status === 200 ? sha256(download.body) : download.status).toBeOneOf([sha256(content), 404]);
  expect(filesIn(bank.root)).toEqual([]);
  expect(readdirSync(bank.root)).not.toContain("upload_");
  expect(() => readFileSync(join(bank.root, "nothing"))).toThrow("ENOENT");
});
