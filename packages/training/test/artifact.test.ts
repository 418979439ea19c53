import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { scratchPath } from "@trainer/testing";
import { sha256 } from "@trainer/testing/tar";
import { archiveName, packRun, unpackRun } from "@trainer/training";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";
beforeAll(() => (folder = scratchPath("artifact")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const fresh = () => join(folder, String(count++), "models");

/** A run's folder with these files; null for a folder. */
function makeRun(files: Readonly<Record<string, string | Buffer | null>>): string {
  const run = join(fresh(), "r");
  mkdirSync(run, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(content === null ? join(run, name) : dirname(join(run, name)), { recursive: true });
    if (content !== null) writeFileSync(join(run, name), content);
  }
  return run;
}

async function packed(run: string, id = "r") {
  const to = new PassThrough();
  const [bytes, result] = await Promise.all([buffer(to), packRun(run, id, to)]);
  expect(result).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
  return { bytes, fileId: result.sha256 };
}

async function unpacked(bytes: Buffer, runId = "r"): Promise<string> {
  const dir = join(fresh(), runId);
  await unpackRun(() => Readable.from([bytes]), dir, { runId, fileId: sha256(bytes) });
  return dir;
}

/** All of a folder: each file with its content, each folder with null. */
function contents(dir: string): Record<string, string | null> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  return Object.fromEntries(
    paths.map(({ entry, path }) => [path.slice(dir.length + 1), entry.isFile() ? readFileSync(path, "latin1") : null]),
  );
}

const manifest = `${JSON.stringify({ run_id: "r", artifact_file_id: null }, null, 2)}\n`;
const kept = {
  "manifest.json": manifest,
  "config.json": "{}",
  "model.safetensors": Buffer.alloc(200_000, 7),
  "tokenizer.json": "{}",
  "logs.jsonl": "",
  eval: null,
  "eval/metrics.json": "1",
  "eval/empty": null,
  "adapter/adapter_model.safetensors": "a",
  "my notes.txt": "mine",
};

test("an archive holds what one needs to use a run, and nothing of how it was trained", async () => {
  const run = makeRun({
    ...kept,
    "checkpoints/step-00000001/COMMIT": "1",
    "base/model.safetensors": "1",
    "lock.json": "1",
    "notes.json": "1",
    "lock.json.aside": "1",
    "metrics.jsonl.0123.tmp": "1",
    "eval/metrics.json.0123.tmp": "1",
    ".hidden/x": "1",
  });
  const { bytes, fileId } = await packed(run);
  const dir = await unpacked(bytes);
  const pointed = `${JSON.stringify({ run_id: "r", artifact_file_id: fileId }, null, 2)}\n`;
  expect(contents(dir)).toEqual({ ...contents(makeRun(kept)), "manifest.json": pointed });
});

test("any contents come back as they were, and give the same bytes again", async () => {
  const part = fc.stringMatching(/^[a-z0-9_][a-z0-9_ .-]{0,20}[a-z0-9_]$/).filter((name) => !/\.tmp$|^lock/.test(name));
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const files = fc.dictionary(
    name,
    fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
    { maxKeys: 8 },
  );
  const independent = files.filter((all) => {
    const names = Object.keys(all);
    return names.every(
      (each) => !/^(checkpoints|base)(\/|$)/.test(each) && !names.some((other) => other.startsWith(`${each}/`)),
    );
  });
  await fc.assert(
    fc.asyncProperty(independent, async (files) => {
      const run = makeRun({ ...files, "manifest.json": "no JSON" });
      const { bytes } = await packed(run);
      const dir = await unpacked(bytes);
      expect(contents(dir)).toEqual(contents(run));
      expect((await packed(dir)).bytes).toEqual(bytes);
    }),
    { numRuns: 50 },
  );
});

test("the same contents give the same bytes: order, times, modes and an earlier pointer do not matter", async () => {
  const { bytes, fileId } = await packed(makeRun(kept));
  const other = makeRun(Object.fromEntries(Object.entries(kept).toReversed()));
  utimesSync(join(other, "config.json"), 1, 1);
  chmodSync(join(other, "config.json"), 0o600);
  writeFileSync(join(other, "manifest.json"), manifest.replace("null", `"${fileId}"`));
  expect((await packed(other)).bytes).toEqual(bytes);
  expect((await packed(other, "q")).bytes).not.toEqual(bytes);
});

test("the bytes are the same in every version and on every machine", async () => {
  const { fileId } = await packed(makeRun(kept));
  expect(archiveName("r")).toBe("model-r.tar.gz");
  expect(fileId).toBe("6b0ca06fede49775108f5f7df526ee0e9ebb21e700651bec079a7c5dbfb10c09");
});

test("what is packed is what tar and gzip read", async () => {
  const run = makeRun({ ...kept, [`${"d".repeat(90)}/${"f".repeat(90)}`]: "long" });
  const { bytes } = await packed(run);
  expect(gunzipSync(bytes).length % 512).toBe(0);
  const to = fresh();
  mkdirSync(to, { recursive: true });
  execFileSync("tar", ["-xzf", "-", "-C", to], { input: bytes });
  expect(contents(join(to, "model-r"))).toEqual(contents(run));
});

test("names as long as a header holds come back, and such as differ by where their folders end", async () => {
  const long = {
    [`${"d".repeat(90)}/${"e".repeat(56)}/${"f".repeat(100)}`]: "4",
    ["n".repeat(101 - "model-r/".length)]: "5",
  };
  const run = makeRun({ "manifest.json": "no JSON", abc: "1", "a/bc": "2", "ab/c": "3", ...long });
  const { bytes } = await packed(run);
  expect(contents(await unpacked(bytes))).toEqual(contents(run));
  const longer = makeRun({ "manifest.json": "{}", [`${"d".repeat(90)}/${"e".repeat(57)}/${"f".repeat(100)}`]: "x" });
  await expect(packRun(longer, "r", new PassThrough().resume())).rejects.toThrow("is too long");
});

test("what an archive cannot hold is refused by its name", async () => {
  const refusal = (run: string) => packRun(run, "r", new PassThrough().resume());
  const user = { code: "ARTIFACT_UPLOAD_FAILED", failureClass: "USER_INPUT" };
  for (const name of [
    "дневник.txt",
    "a:b",
    "a\\b",
    "ends.",
    "n".repeat(101),
    `${"a".repeat(99)}/${"b".repeat(99)}/c`,
  ]) {
    const refused = refusal(makeRun({ ...kept, [name]: "x" }));
    await expect(refused).rejects.toMatchObject(user);
    await expect(refused).rejects.toThrow(JSON.stringify(name).slice(1, -1).split("/")[0]);
  }
  await expect(refusal(makeRun({ ...kept, A: "1", a: "2" }))).rejects.toThrow('"a" and "A" are the same file');
  const linked = makeRun(kept);
  symlinkSync("/etc/passwd", join(linked, "eval", "link"));
  await expect(refusal(linked)).rejects.toMatchObject(user);
  const large = makeRun({ ...kept, large: "" });
  truncateSync(join(large, "large"), 8 ** 11);
  await expect(refusal(large)).rejects.toThrow("8589934592 bytes");
});

test("a file that changes while it is packed is noticed", async () => {
  const run = makeRun({ ...kept, "zz.jsonl": Buffer.alloc(1 << 20) });
  const to = new PassThrough();
  const packing = packRun(run, "r", to);
  let seen = 0;
  to.on("data", (chunk: Buffer) => {
    if (seen < 300_000 && (seen += chunk.length) >= 300_000) appendFileSync(join(run, "zz.jsonl"), "one more");
  });
  await expect(packing).rejects.toMatchObject({ code: "ARTIFACT_UPLOAD_FAILED", failureClass: "TRANSIENT" });
});

test("what stops the writing of an archive is told", async () => {
  const full = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("full"), { code: "ENOSPC" })),
  });
  await expect(packRun(makeRun(kept), "r", full)).rejects.toMatchObject({ code: "INSUFFICIENT_STORAGE" });
  await expect(packRun(join(folder, "none"), "r", new PassThrough().resume())).rejects.toThrow("ENOENT");
});
