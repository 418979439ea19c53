import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterAll, describe, expect, test } from "vitest";
import { MemoryStore } from "../../../examples/plugin/memory-store.js";
import { DiskStore } from "../src/disk/disk-store.js";
import { blobPath } from "../src/disk/layout.js";
import { Bucket, type BucketOptions } from "../src/s3/bucket.js";
import { blobKey } from "../src/s3/keys.js";
import { S3Store } from "../src/s3/s3-store.js";
import type { BlobStore, ScrubEvent } from "../src/store.js";
import { scratch, sha256 } from "./bank.js";
import { fakeS3 } from "./fake-s3.js";
import { startMoto } from "./moto.js";

async function* chunksOf(content: string | Uint8Array, size = 1 << 20) {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const root = scratch();
const fake = await fakeS3();
const moto = await startMoto();
afterAll(async () => {
  rmSync(root, { recursive: true });
  await fake[Symbol.asyncDispose]();
  if (typeof moto !== "string") moto.stop();
});

/** A bucket, and a way to spoil a file in it. */
async function inBucket(name: string, options: BucketOptions) {
  const bucket = new Bucket(options);
  const store: BlobStore = await S3Store.open({ ...options, copyBytes: 6 << 20 });
  const damage = (id: string) =>
    bucket.put(blobKey(id), Buffer.from("damaged"), { contentType: "text/plain", createdAt: "now" });
  return { name, store, damage };
}
const disk: BlobStore = await DiskStore.open({ root, minFreeBytes: 0 });
const memory = new MemoryStore({ maxBytes: 1 << 30 });
const stores = [
  { name: "the disk", store: disk, damage: async (id: string) => writeFileSync(blobPath(root, id), "damaged") },
  {
    name: "a plugin's store",
    store: memory,
    damage: async (id: string) => memory.files.get(id)?.bytes.write("damaged"),
  },
  await inBucket("a bucket", fake.options),
  ...(typeof moto === "string" ? [] : [await inBucket("a bucket of moto's server", moto.options)]),
];

test("moto's server is one of them", (context) => {
  context.skip(typeof moto === "string", typeof moto === "string" ? moto : "");
  expect(stores).toHaveLength(4);
});

/** The laws of every store. */
describe.each(stores)("$name", ({ store, damage }) => {
  const put = (content: string | Uint8Array, type = "text/plain") => store.put(chunksOf(content), type, content.length);

  test("keeps content under its hash, with its type", async () => {
    const info = await put("content", "text/x; charset=utf-8");
    expect(info).toMatchObject({ file_id: sha256("content"), sha256: sha256("content"), size: 7 });
    expect(await store.info(info.file_id)).toEqual(info);
    expect(await text((await store.read(info.file_id)) ?? Readable.from([]))).toBe("content");
    expect(await text((await store.read(info.file_id, { start: 2, end: 4 })) ?? Readable.from([]))).toBe("nte");
  });

  test("takes what is put again for the newer", async () => {
    await put("again", "text/old");
    const info = await put("again", "text/new");
    expect(await store.info(info.file_id)).toEqual(info);
  });

  test("keeps nothing, too", async () => {
    const { file_id: id } = await put("");
    expect(await store.info(id)).toMatchObject({ size: 0 });
    expect(await text((await store.read(id)) ?? Readable.from([]))).toBe("");
  });

  test("keeps what is larger than one part", async () => {
    const content = randomBytes(20 << 20);
    const { file_id: id, size } = await put(content, "text/large");
    expect([id, size]).toEqual([sha256(content), 20 << 20]);
    expect(await store.info(id)).toMatchObject({ size, content_type: "text/large" });
    expect(sha256(await buffer((await store.read(id)) ?? Readable.from([])))).toBe(id);
    const end = await buffer((await store.read(id, { start: size - 3, end: size - 1 })) ?? Readable.from([]));
    expect(end).toEqual(content.subarray(-3));
  });

  test.each([10, 9 << 20])("keeps nothing of what breaks off after %i bytes", async (bytes) => {
    const content = randomBytes(bytes);
    async function* broken() {
      yield content;
      throw new Error("broken off");
    }
    await expect(store.put(broken(), "text/plain", 0)).rejects.toThrow("broken off");
    expect(await store.info(sha256(content))).toBeNull();
    const left: ScrubEvent[] = [];
    for await (const event of store.scrub({ repair: false })) if (event.type === "finding") left.push(event);
    expect(left).toEqual([]);
  });

  test("removes, and tells whether it was there", async () => {
    const { file_id: id } = await put("removed");
    expect([await store.remove(id), await store.remove(id)]).toEqual([true, false]);
    expect([await store.info(id), await store.read(id)]).toEqual([null, null]);
  });

  test("keeps one of many that are put at once", async () => {
    const infos = await Promise.all(Array.from({ length: 8 }, () => put("at once")));
    expect(new Set(infos.map(({ file_id: id }) => id)).size).toBe(1);
    expect(await text((await store.read(sha256("at once"))) ?? Readable.from([]))).toBe("at once");
  });

  test("has no trouble", async () => {
    expect(await store.trouble()).toBeNull();
  });

  test("finds what is damaged, and puts it aside", async () => {
    const { file_id: id } = await put("to be damaged");
    await damage(id);
    const findings = async (repair: boolean) => {
      const found: string[] = [];
      for await (const event of store.scrub({ repair }))
        if (event.type === "finding") found.push(`${event.kind} ${event.repaired?.split(" ")[0]}`);
      return found;
    };
    expect(await findings(false)).toEqual(["damaged undefined"]);
    expect(await findings(true)).toEqual(["damaged moved"]);
    expect(await findings(false)).toEqual([]);
    expect(await store.info(id)).toBeNull();
    expect(await put("to be damaged")).toMatchObject({ file_id: id });
  });
});
