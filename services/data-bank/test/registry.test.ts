import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { memory, MemoryStore } from "../../../examples/plugin/memory-store.js";
import { dataBankConfig } from "../src/config.js";
import { inspectStore, openStore } from "../src/open-store.js";
import { assertStoreKind, registerStore, type StoreKind } from "../src/stores.js";
import { scratch, sha256, startBank } from "./bank.js";

const BUCKET = { S3_BUCKET: "b", AWS_ACCESS_KEY_ID: "i", AWS_SECRET_ACCESS_KEY: "s" };
const named = (STORE: string, more: object = {}) => dataBankConfig({ STORE, DATA_ROOT: scratch(), ...more });

test("a store that is registered is served when it is named, with its options", async () => {
  registerStore(memory);
  registerStore(memory); // as each start in a process does
  await using bank = await startBank({ STORE: "memory", STORE_OPTIONS: '{"maxBytes": 400}' });
  expect((await bank.upload("content")).status).toBe(201);
  expect((await bank.get(`/files/${sha256("content")}`)).body.toString()).toBe("content");
  const refused = await bank.upload("x".repeat(500));
  expect(refused).toMatchObject({ status: 507, json: { code: "INSUFFICIENT_STORAGE" } });
  expect(bank.files()).toEqual([]);
});

test("a store in memory takes what it has room for, and has room again for what is gone", async () => {
  const store = await openStore(named("memory", { STORE_OPTIONS: '{"maxBytes": 8}' }));
  const put = (content: string) => store.put(new Blob([content]).stream(), "text/plain", 0);
  const { file_id: id } = await put("content");
  await expect(put("of")).rejects.toMatchObject({ code: "INSUFFICIENT_STORAGE" });
  await put("1");
  expect(await store.trouble()).toBe("no room");
  await store.remove(id);
  expect([await store.trouble(), (await put("7 bytes")).size]).toEqual([null, 7]);
  expect(await store.removeCutOff(new Date())).toBe(0);
});

test("of the built-in stores, the bucket is used where there is one, unless the other is named", async () => {
  expect([dataBankConfig({}), dataBankConfig(BUCKET)].map(({ store }) => store.name)).toEqual(["disk", "s3"]);
  const config = named("disk", BUCKET);
  expect((await openStore(config)).place).toBe(config.root);
});

test("a name that is not there, or taken, is refused in one sentence", async () => {
  await expect(openStore(named("tape"))).rejects.toThrow(/^STORE: there is no store "tape"; there are disk, s3/);
  await expect(inspectStore(named("s3"))).rejects.toThrow("STORE: s3 needs S3_BUCKET");
  expect(() => registerStore({ ...memory, name: "disk" })).toThrow('there is a store "disk" already');
});

test.each(["[1]", "maxBytes: 8", "7"])("options that are %s, no object, are refused", (options) => {
  expect(() => named("memory", { STORE_OPTIONS: options })).toThrow("STORE_OPTIONS: must be a JSON object, as in");
});

/** Registers a store that `open` gives, under a name of its own, and opens it. */
function opened(name: string, open: () => Promise<unknown>) {
  const kind: object = { name, open };
  assertStoreKind(kind);
  registerStore(kind);
  return openStore(named(name));
}

test.each([
  ["failing", Error("no\nluck"), "no luck"],
  ["worded", "no luck", "no luck"],
])("a store that does not open is told in one sentence: %s", async (name, error, problem) => {
  await expect(opened(name, () => Promise.reject(error))).rejects.toMatchObject({
    code: "CONFIG_ERROR",
    message: `the store ${name} cannot be opened: ${problem}`,
    cause: error,
  });
});

test("a store that takes other options, or is none, is said to be so", async () => {
  await expect(openStore(named("memory", { STORE_OPTIONS: '{"maxBytes": "8"}' }))).rejects.toThrow(
    "the store memory cannot be opened: maxBytes: Invalid input: expected number, received string",
  );
  await expect(opened("hollow", async () => ({ place: "nowhere" }))).rejects.toThrow("put: must be a function; info:");
  await expect(opened("nothing", async () => null)).rejects.toThrow("cannot be opened: it: Invalid input");
  expect(() => assertStoreKind({ name: "shut" })).toThrow(z.ZodError);
});

test("a folder in which nothing can be written is refused", async () => {
  const config = named("disk", { DATA_ROOT: "/dev/null/files" });
  await expect(openStore(config)).rejects.toThrow("nothing can be written in /dev/null/files");
});

test("a store is looked over without being made where it has a way to, else opened for it", async () => {
  const config = named("disk", { DATA_ROOT: join(scratch(), "absent") });
  expect((await inspectStore(config)).place).toBe(config.root);
  expect(existsSync(config.root)).toBe(false);
  expect(await inspectStore(named("memory"))).toBeInstanceOf(MemoryStore);
  const kind: StoreKind = { ...memory, name: "sealed", inspect: () => Promise.reject(Error("sealed up")) };
  registerStore(kind);
  await expect(inspectStore(named("sealed"))).rejects.toThrow("the store sealed cannot be opened: sealed up");
});
