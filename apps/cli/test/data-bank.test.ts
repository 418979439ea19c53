import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiskStore } from "@trainer/data-bank";
import { containing } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Interruptible } from "../src/process/interrupts.js";
import { run } from "../src/program.js";
import { commandLine } from "./command-line.js";
import { testIo } from "./screen.js";

let home = "";
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), "cli-data-bank-"))));
afterAll(() => rmSync(home, { recursive: true }));
const { trainer, json } = commandLine(() => home);

/** Starts the service by a command line, does something while it runs, and stops it as Ctrl-C would. */
async function serving(line: readonly string[], env: Record<string, string>, use: (url: string) => Promise<void>) {
  const controller = new AbortController();
  const interruptible: Interruptible = (body) => body(controller.signal);
  const io = { ...testIo({ env: { TRAINER_HOME: home, ...env } }), interruptible };
  const ended = run([...line, "--port", "0"], io);
  while (!/http:[^\s"]+/.test(io.stdout.text)) await new Promise((resolve) => setTimeout(resolve, 5));
  await use(/http:[^\s"]+/.exec(io.stdout.text)?.[0] ?? "");
  controller.abort();
  return { code: await ended, stdout: io.stdout.text, stderr: io.stderr.text };
}

async function uploadTo(url: string, content: string): Promise<Response> {
  const data = new FormData();
  data.append("file", new Blob([content]));
  return fetch(`${url}/files`, { method: "POST", body: data });
}

test("data-bank serves the home's files until it is stopped, and says where and to whom", async () => {
  const { code, stdout, stderr } = await serving(["data-bank"], {}, async (url) => {
    expect((await uploadTo(url, "hello")).status).toBe(201);
  });
  expect(code).toBe(0);
  expect(stdout).toContain(`files      ${join(home, "files")}`);
  expect(stdout).toContain("upload     anybody on this machine (no API_UPLOAD_KEYS)");
  expect(stderr).toContain('"event":"request_completed"');
  expect(readdirSync(join(home, "files"))).toHaveLength(1);
});

test("keys, folder and address come from the environment or the command line", async () => {
  const root = join(home, "elsewhere");
  const env = { API_UPLOAD_KEYS: "secret-a,secret-b", DATA_ROOT: root, LOG_LEVEL: "fatal" };
  const { stdout } = await serving(["data-bank", "start", "--host", "127.0.0.1", "--json"], env, async (url) => {
    expect((await uploadTo(url, "hello")).status).toBe(401);
  });
  expect(JSON.parse(stdout)).toMatchObject({ place: root, keys: { upload: 2, read: 2, delete: 2 } });
  const { stdout: text } = await serving(["data-bank"], env, async () => {});
  expect(text).toContain("delete     2 keys");
  expect(text).not.toContain("secret");
});

const EXAMPLE = fileURLToPath(new URL("../../../examples/plugin", import.meta.url));

test("a plugin's store keeps the files when it is named, and options reach it", async () => {
  const env = { STORE: "memory", STORE_OPTIONS: '{"maxBytes": 1000}', DATA_ROOT: join(home, "unused") };
  const bare = join(home, "bare.mjs");
  writeFileSync(bare, 'export default { name: "bare", version: "1.0.0", api: 1 };');
  const line = ["data-bank", "start", "--plugin", EXAMPLE, "--plugin", bare];
  const { code, stdout } = await serving(line, env, async (url) => {
    const sent = await uploadTo(url, "kept in memory");
    const { file_id: id } = z.object({ file_id: z.string() }).parse(await sent.json());
    expect(await (await fetch(`${url}/files/${id}`)).text()).toBe("kept in memory");
    expect((await uploadTo(url, "x".repeat(2000))).status).toBe(507);
  });
  expect([code, stdout]).toEqual([0, containing("files      memory\n")]);
  expect(readdirSync(home)).not.toContain("unused");
  const scrubbed = await trainer(["data-bank", "scrub", "--plugin", EXAMPLE], { env });
  expect(scrubbed).toMatchObject({ code: 0, stdout: "0 files, 0 B, checked in memory\n" });
  const wrong = { ...env, STORE_OPTIONS: '{"bytes": 1}' };
  const refused = await trainer(["data-bank", "--plugin", EXAMPLE], { env: wrong });
  expect([refused.code, refused.stderr]).toEqual([
    1,
    'error: the store memory cannot be opened: it: Unrecognized key: "bytes"\n',
  ]);
});

test("a store of no plugin is told with those there are", async () => {
  const { code, stderr } = await trainer(["data-bank"], { env: { STORE: "tape" } });
  expect([code, stderr]).toEqual([1, containing('STORE: there is no store "tape"; there are disk, s3')]);
});

test("strangers are not let in without a key", async () => {
  const { code, stderr } = await trainer(["data-bank", "--host", "0.0.0.0"]);
  expect(code).toBe(1);
  expect(stderr).toContain("set API_UPLOAD_KEYS");
});

test("a port that is taken is told as such", async () => {
  await serving(["data-bank"], {}, async (url) => {
    const { code, stderr } = await trainer(["data-bank", "--port", new URL(url).port]);
    expect(code).toBe(1);
    expect(stderr).toContain("Choose another port with --port N");
  });
});

test("a signal that comes while it starts stops it", async () => {
  const interruptible: Interruptible = (body) => body(AbortSignal.abort());
  expect(await run(["data-bank", "--port", "0"], { ...testIo({ env: { TRAINER_HOME: home } }), interruptible })).toBe(
    0,
  );
});

test("scrub finds what is damaged, fails until it is repaired, and keeps it", async () => {
  const root = join(home, "scrubbed");
  const store = await DiskStore.open({ root, minFreeBytes: 0 });
  const put = (content: string) => store.put(new Blob([content]).stream(), "text/plain", 0);
  await put("well");
  const { file_id: id } = await put("damaged");
  expect(await trainer(["data-bank", "scrub", "--root", root])).toMatchObject({
    code: 0,
    stdout: `2 files, 11 B, checked in ${root}\n`,
  });
  writeFileSync(join(root, id.slice(0, 2), id.slice(2, 4), `${id}.bin`), "DAMAGED");
  writeFileSync(join(root, "foreign"), "");
  const found = await trainer(["data-bank", "scrub", "--root", root]);
  expect(found).toMatchObject({ code: 1, stderr: containing("1 things in the store") });
  expect(found.stdout).toContain(`its content is ${createHash("sha256").update("DAMAGED").digest("hex")}`);
  const Report = z.object({ files: z.number(), findings: z.array(z.object({ repaired: z.string().nullable() })) });
  const repaired = await json(["data-bank", "scrub", "--root", root, "--repair"]);
  expect(repaired.code).toBe(0);
  const done = Report.parse(repaired.last).findings.map(({ repaired: how }) => how?.slice(0, 19) ?? "nothing");
  expect(new Set(done)).toEqual(new Set(["moved to quarantine", "nothing"]));
  expect(await trainer(["data-bank", "scrub", "--root", root])).toMatchObject({ code: 0 });
});

test("scrub says what it did about each thing", async () => {
  const root = join(home, "mended");
  const store = await DiskStore.open({ root, minFreeBytes: 0 });
  const { file_id: id } = await store.put(new Blob(["x"]).stream(), "text/plain", 0);
  rmSync(join(root, id.slice(0, 2), id.slice(2, 4), `${id}.meta`));
  const { code, stdout } = await trainer(["data-bank", "scrub", "--root", root, "--repair"]);
  expect([code, stdout]).toEqual([0, containing("it is not there; written anew, as application/octet-stream")]);
});

test("scrub looks over a bucket where there is one", async () => {
  const env = { S3_BUCKET: "b", S3_ENDPOINT: "http://127.0.0.1:1", AWS_ACCESS_KEY_ID: "i", AWS_SECRET_ACCESS_KEY: "s" };
  const { code, stderr } = await trainer(["data-bank", "scrub"], { env });
  expect([code, stderr]).toEqual([1, containing("the object store cannot be reached")]);
});

test("scrub tells of a folder that is not there, and does not make it", async () => {
  const { code, stderr } = await trainer(["data-bank", "scrub", "--root", join(home, "absent")]);
  expect([code, stderr]).toEqual([1, containing("absent: no such file or folder")]);
  expect(readdirSync(home)).not.toContain("absent");
});

test("a store without files is in good order", async () => {
  await DiskStore.open({ root: join(home, "empty"), minFreeBytes: 0 });
  expect(await trainer(["data-bank", "scrub", "--root", join(home, "empty")])).toMatchObject({ code: 0 });
});
