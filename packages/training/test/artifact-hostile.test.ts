import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { scratchPath } from "@trainer/testing";
import { archive, attribute, END, sha256, tar, type Member } from "@trainer/testing/tar";
import { packRun, TrainingError, unpackRun, type UnpackOptions } from "@trainer/training";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";
beforeAll(() => (folder = scratchPath("hostile")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
/** Unpacks into a home of its own; afterwards there is the run's folder or nothing at all. */
async function unpack(bytes: Buffer, options: Partial<UnpackOptions> = {}): Promise<string> {
  const home = join(folder, String(count++));
  const dir = join(home, "models", "r");
  const id = { runId: "r", fileId: sha256(bytes), ...options };
  const [outcome] = await Promise.allSettled([unpackRun(() => Readable.from(pieces(bytes)), dir, id)]);
  expect(readdirSync(join(home, "models"))).toEqual(outcome.status === "fulfilled" ? ["r"] : []);
  expect(readdirSync(home)).toEqual(["models"]);
  expect(readdirSync(folder)).not.toContain("evil");
  if (outcome.status === "rejected") throw outcome.reason;
  return dir;
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const MANIFEST: Member = { name: "model-r/manifest.json", content: '{"run_id":"r"}' };

/** Refusal of an archive; empty if it is accepted. */
async function refusal(bytes: Buffer, options?: Partial<UnpackOptions>): Promise<string> {
  try {
    await unpack(bytes, options);
    return "";
  } catch (error) {
    if (error instanceof TrainingError && error.code === "ARTIFACT_DOWNLOAD_FAILED") return error.message;
    throw error;
  }
}

const at = (name: string, more: Partial<Member> = {}): Buffer => archive(MANIFEST, { name, content: "evil", ...more });

test("names that lead elsewhere, or that not every file system can hold, are refused", async () => {
  const elsewhere = [
    "/evil",
    "evil",
    "../evil",
    "model-r",
    "model-q/evil",
    "./model-r/evil",
    "C:\\evil",
    "model-r\\evil",
    "",
  ];
  for (const name of elsewhere) expect(await refusal(at(name))).toMatch(/does not lie in model-r\/|should be a folder/);
  const bad = [
    "../evil",
    "a/../../../evil",
    "..",
    ".",
    "a//b",
    "/evil",
    "a\\b",
    "a:b",
    "a.",
    "a ",
    "a\u0001",
    "\u00e9",
    "a/",
  ];
  for (const name of bad) expect(await refusal(at(`model-r/${name}`))).toMatch("is no name for a file here");
  expect(await refusal(at(`model-r/${"d/".repeat(16)}evil`))).toMatch("more than 16 folders deep");
  expect(await refusal(at("model-r/lock.json"))).toMatch("lock");
});

test("a name is looked at whole: with its prefix, and behind a NUL", async () => {
  expect(await refusal(at("evil", { raw: { 345: "model-r/.." } }))).toMatch("is no name for a file here");
  expect(await refusal(at("model-r/a\0/../../evil"))).toMatch("a NUL within a name");
  expect(await refusal(at("evil", { raw: { 345: "model-r\0/.." } }))).toMatch("a NUL within a name");
  await unpack(at("name", { raw: { 345: "model-r/folder" } }));
});

test("only files and folders come out", async () => {
  const types = { "1": "a hard link", "2": "a symbolic link", "3": "a device", "4": "a device", "6": "a pipe" };
  const others = {
    g: "attributes of all",
    L: "a long name",
    S: "a sparse file",
    "7": 'the type "7"',
    K: 'the type "K"',
  };
  for (const [type, what] of Object.entries({ ...types, ...others })) {
    expect(await refusal(at("model-r/a", { type, content: "", raw: { 157: "/etc/passwd" } }))).toMatch(what);
  }
  expect(await refusal(at("model-r/a", { type: "5" }))).toMatch("a folder with contents");
  await unpack(at("model-r/a", { type: "\0" }));
});

test("the same file is not written twice, by no spelling", async () => {
  expect(await refusal(archive(MANIFEST, MANIFEST))).toMatch('"manifest.json" comes twice');
  expect(await refusal(archive(MANIFEST, { name: "model-r/Manifest.JSON" }))).toMatch("are the same file to some");
  expect(await refusal(archive(MANIFEST, { name: "model-r/a/b" }, { name: "model-r/A/c" }))).toMatch(
    "are the same file to some",
  );
  expect(await refusal(archive(MANIFEST, { name: "model-r/a" }, { name: "model-r/a/b" }))).toMatch('"a" comes twice');
  expect(await refusal(archive(MANIFEST, { name: "model-r/a/b" }, { name: "model-r/a" }))).toMatch('"a" comes twice');
  await unpack(
    archive(
      { name: "model-r/", type: "5" },
      { name: "model-r", type: "5" },
      { name: "model-r/a/b" },
      { name: "model-r/a/", type: "5" },
      MANIFEST,
    ),
  );
});

test("attributes may tell the time, and nothing of the file", async () => {
  const pax = (content: string) => archive(MANIFEST, { name: "PaxHeader", type: "x", content }, { name: "model-r/a" });
  for (const key of ["path", "linkpath", "size", "GNU.sparse.name", "hdrcharset", "SCHILY.xattr.user.x", "__proto__"]) {
    expect(await refusal(pax(attribute("mtime", "1.5") + attribute(key, "../evil")))).toMatch(
      `attributes that set the ${key}`,
    );
  }
  for (const content of [
    "x",
    "9 mtime",
    "99 mtime=1\n",
    "11 mtime=1\n ",
    "5 a=x",
    "0 mtime=1\n",
    "8 mtime=1\n",
    "3 a=1\n",
  ]) {
    expect(await refusal(pax(content))).toMatch("not well formed");
  }
  expect(await refusal(pax(attribute("comment", "x".repeat(70_000))))).toMatch("attributes of 70015 bytes");
  const dir = await unpack(pax(attribute("mtime", "1700000000.25") + attribute("comment", "\n".repeat(1000))));
  expect(readdirSync(dir).toSorted()).toEqual(["a", "manifest.json"]);
});

test("an archive has one reading: what ends too soon, goes on, or is no tar is refused", async () => {
  const whole = Buffer.concat([tar(MANIFEST), END]);
  expect(await refusal(gzipSync(tar(MANIFEST)))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(Buffer.concat([tar(MANIFEST), Buffer.alloc(512)])))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(whole.subarray(0, 700)))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(whole.subarray(0, -1)))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(Buffer.alloc(0)))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(Buffer.concat([whole, tar({ name: "model-r/evil" }), END])))).toMatch(
    "something follows its end",
  );
  expect(
    await refusal(gzipSync(Buffer.concat([tar(MANIFEST), Buffer.alloc(512), tar({ name: "model-r/a" }), END]))),
  ).toMatch("something follows");
  expect(await refusal(Buffer.concat([gzipSync(whole), Buffer.alloc(700)]))).toMatch("something follows its end");
  expect(await refusal(Buffer.concat([gzipSync(whole), Buffer.from("more")]))).toMatch("incorrect header check");
  expect(await refusal(Buffer.concat([gzipSync(whole), gzipSync("more")]))).toMatch("it ends too soon");
  expect(await refusal(gzipSync(whole).subarray(0, -9))).toMatch("unexpected end of file");
  expect(await refusal(whole)).toMatch("incorrect header check");
  expect(await refusal(deflateRawSync(whole))).toMatch(/incorrect|invalid|unknown/);
  expect(await refusal(gzipSync(Buffer.alloc(2048, "x")))).toMatch("no POSIX tar");
  expect(await refusal(at("model-r/a", { raw: { 257: "ustar  \0" } }))).toMatch("no POSIX tar");
  expect(await refusal(at("model-r/a", { raw: { 148: "000001\0 " } }))).toMatch("checksum is wrong");
  expect(await refusal(at("model-r/a", { raw: { 148: "\0\0\0\0\0\0\0\0" } }))).toMatch("checksum is wrong");
  for (const size of [
    "\x80\0\0\0\0\0\0\0\0\0\0\x04",
    "-0000000001\0",
    "00000000009\0",
    "            ",
    "4 4        \0",
  ]) {
    expect(await refusal(at("model-r/a", { raw: { 124: size } }))).toMatch("a size that is no octal number");
  }
  await unpack(gzipSync(Buffer.concat([whole, Buffer.alloc(10_240)])));
});

test("bombs are refused before they have grown", async () => {
  const bomb = archive(MANIFEST, { name: "model-r/zeros", content: Buffer.alloc(64 << 20) });
  const before = process.memoryUsage().rss;
  expect(await refusal(bomb)).toMatch("over 200 times its size");
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  expect(await refusal(archive(MANIFEST), { limits: { maxBytes: 1000 } })).toMatch("more than 1000 bytes");
  const many = Array.from({ length: 5000 }, (_, i) => tar({ name: `model-r/${i}` }));
  const names = Buffer.concat([tar(MANIFEST), ...many, END]);
  expect(await refusal(gzipSync(names))).toMatch("more than 2000 files and folders");
});

test("an archive that is another, or no run's, is refused", async () => {
  const bytes = archive(MANIFEST);
  expect(await refusal(bytes, { fileId: "0".repeat(64) })).toMatch(
    `its SHA-256 is ${sha256(bytes)}, not ${"0".repeat(64)}`,
  );
  expect(await refusal(archive({ name: "model-r/config.json" }))).toMatch("no manifest.json");
});

test("what the source fails with keeps its code", async () => {
  const home = join(folder, String(count++));
  const broken = new Readable({ read() {} });
  broken.push(archive(MANIFEST).subarray(0, 50));
  const reset = Object.assign(new Error("reset"), { code: "ETIMEDOUT" });
  broken.once("resume", () => setImmediate(() => broken.destroy(reset)));
  const unpacking = unpackRun(() => broken, join(home, "r"), { runId: "r", fileId: "" });
  await expect(unpacking).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", failureClass: "TRANSIENT" });
  expect(readdirSync(home)).toEqual([]);
});

test("so does what it fails with in the middle of a file", async () => {
  const bytes = archive(MANIFEST, { name: "model-r/a", content: randomBytes(1 << 20) });
  const home = join(folder, String(count++));
  async function* broken() {
    yield* pieces(bytes.subarray(0, 300_000));
    await setTimeout(20); // until it waits for more of the file
    throw Object.assign(new Error("reset"), { code: "ETIMEDOUT" });
  }
  const unpacking = unpackRun(() => Readable.from(broken()), join(home, "r"), { runId: "r", fileId: "" });
  await expect(unpacking).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", failureClass: "TRANSIENT" });
  expect(readdirSync(home)).toEqual([]);
});

test("a source that stops without a word has ended too soon", async () => {
  const home = join(folder, String(count++));
  const silent = new Readable({ read() {} });
  silent.once("resume", () => setImmediate(() => silent.destroy()));
  const unpacking = unpackRun(() => silent, join(home, "r"), { runId: "r", fileId: "" });
  await expect(unpacking).rejects.toThrow("it ends too soon");
  expect(readdirSync(home)).toEqual([]);
});

test("where there is a folder already, that one stays", async () => {
  const dir = join(folder, String(count++), "r");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "mine"), "");
  const bytes = archive(MANIFEST);
  await unpackRun(() => Readable.from([bytes]), dir, { runId: "r", fileId: sha256(bytes) });
  expect(readdirSync(dir)).toEqual(["mine"]);
});

test("a manifest that is no object is left as it is", async () => {
  for (const content of ["null", "7", "{"]) {
    const dir = await unpack(archive({ ...MANIFEST, content }));
    expect(readFileSync(join(dir, "manifest.json"), "utf8")).toBe(content);
  }
});

test("an archive damaged anywhere is refused, or is a sound one with other contents; nothing else happens", async () => {
  const run = join(folder, String(count++), "r");
  mkdirSync(join(run, "eval"), { recursive: true });
  for (const name of ["manifest.json", "a", "eval/b"]) writeFileSync(join(run, name), "{}");
  const to = new PassThrough();
  const [packed] = await Promise.all([buffer(to), packRun(run, "r", to)]);
  const whole = gunzipSync(packed);
  const place = fc.nat(whole.length - 1);
  const change = fc.oneof(
    fc
      .tuple(place, fc.nat(255))
      .map(([at, byte]) => Buffer.concat([whole.subarray(0, at), Buffer.of(byte), whole.subarray(at + 1)])),
    place.map((length) => whole.subarray(0, length)),
    fc.tuple(place, place).map(([a, b]) => Buffer.concat([whole.subarray(0, a), whole.subarray(b)])),
    fc.uint8Array({ maxLength: 2000 }).map((more) => Buffer.concat([whole, more])),
  );
  const settles = async (bytes: Buffer) => {
    expect(await refusal(bytes)).toMatch(/^$|cannot be taken/);
  };
  await fc.assert(
    fc.asyncProperty(change, (bytes) => settles(gzipSync(bytes))),
    { numRuns: 300 },
  );
  await fc.assert(fc.asyncProperty(fc.nat(packed.length - 1), (length) => settles(packed.subarray(0, length))));
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), (bytes) => settles(Buffer.from(bytes))));
});
