import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { DiskStore } from "../src/disk/disk-store.js";
import type { ScrubEvent } from "../src/store.js";
import { scratch, sha256, startBank } from "./bank.js";

async function storeWith(contents: readonly string[]) {
  const root = scratch();
  const store = await DiskStore.open({ root, minFreeBytes: 0 });
  async function* body(content: string) {
    yield Buffer.from(content);
  }
  for (const content of contents) await store.put(body(content), "text/plain", 0);
  const path = (content: string, kind: "bin" | "meta") => {
    const id = sha256(content);
    return join(root, id.slice(0, 2), id.slice(2, 4), `${id}.${kind}`);
  };
  const scrub = async (repair = false) => {
    const events: ScrubEvent[] = [];
    for await (const event of store.scrub({ repair })) events.push(event);
    return {
      events,
      findings: events
        .flatMap((event) => (event.type === "finding" ? [event] : []))
        .sort((a, b) => a.kind.localeCompare(b.kind)),
    };
  };
  return { root, store, path, scrub, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

const old = new Date(Date.now() - 2 * 3600_000);

test("a store in good order has no findings, and tells how far it is", async () => {
  using store = await storeWith(["one", "three"]);
  const { events } = await store.scrub();
  expect(events.at(-1)).toEqual({ type: "progress", files: 2, bytes: 8, totalBytes: 8 });
  expect(events).toHaveLength(2);
});

test("whatever is wrong is found, told, and without --repair left as it is", async () => {
  using store = await storeWith(["damaged", "cut", "undescribed", "ill-described", "orphan", "well"]);
  const { root, path } = store;
  writeFileSync(path("damaged", "bin"), "dAmaged");
  writeFileSync(path("cut", "bin"), "cu");
  rmSync(path("undescribed", "meta"));
  writeFileSync(path("ill-described", "meta"), "sha256=");
  rmSync(path("orphan", "bin"));
  utimesSync(path("orphan", "meta"), old, old);
  writeFileSync(join(root, "upload_old"), "half");
  utimesSync(join(root, "upload_old"), old, old);
  writeFileSync(join(root, "upload_now"), "under way");
  writeFileSync(join(root, "notes.txt"), "somebody's");
  const misplaced = join(root, "aa", "bb", `${sha256("well")}.bin`);
  mkdirSync(dirname(misplaced), { recursive: true });
  writeFileSync(misplaced, "well");
  const unreadable = join(root, "cc", "dd", `ccdd${"0".repeat(60)}.bin`);
  mkdirSync(dirname(unreadable), { recursive: true });
  symlinkSync(root, unreadable);

  symlinkSync(join(root, "nowhere"), join(root, "leads-nowhere"));

  const { findings } = await store.scrub();
  expect(findings.map(({ kind, repaired }) => [kind, repaired])).toEqual([
    ["damaged", null],
    ["damaged", null],
    ["damaged", null],
    ["foreign", null],
    ["foreign", null],
    ["half-written", null],
    ["orphaned", null],
    ["sidecar", null],
    ["sidecar", null],
  ]);
  expect(findings.map(({ problem }) => problem)).toEqual(
    expect.arrayContaining([
      `its content is ${sha256("dAmaged")}`,
      `its content is ${sha256("cu")}`,
      expect.stringMatching(/not to be read: .*EISDIR/),
      "it is not there",
      "it is not whole",
    ]),
  );
  expect(existsSync(path("damaged", "bin"))).toBe(true);

  const repaired = await store.scrub(true);
  expect(repaired.findings.filter((one) => one.repaired === null).map(({ kind }) => kind)).toEqual([
    "foreign",
    "foreign",
  ]);
  expect((await store.scrub()).findings.map(({ kind }) => kind)).toEqual(["foreign", "foreign"]);
  // No file is lost: what was put aside is in the quarantine.
  const aside = readdirSync(join(root, "quarantine"));
  expect(aside.map((name) => name.replace(/^.*\.(bin|meta)\..*$/, "$1")).sort()).toEqual([
    "bin",
    "bin",
    "bin",
    "meta",
    "meta",
    "meta",
  ]);
  expect(existsSync(join(root, "upload_old"))).toBe(false);
  expect(await store.store.info(sha256("damaged"))).toBeNull();
  expect(await store.store.info(sha256("undescribed"))).toMatchObject({ content_type: "application/octet-stream" });
  expect(readFileSync(join(root, "upload_now"), "utf8")).toBe("under way");
});

test("uploading a damaged file again mends it", async () => {
  using store = await storeWith(["content"]);
  writeFileSync(store.path("content", "bin"), "CONTENT");
  async function* body() {
    yield Buffer.from("content");
  }
  await store.store.put(body(), "text/plain", 0);
  expect((await store.scrub()).findings).toEqual([]);
});

test("a file that is deleted while it looks is no finding", async () => {
  using store = await storeWith(["first", "second"]);
  const kinds: string[] = [];
  for await (const event of store.store.scrub({ repair: true })) {
    kinds.push(event.type);
    for (const content of ["first", "second"]) await store.store.remove(sha256(content));
  }
  expect(kinds).toEqual(["progress", "progress"]);
});

test("the service removes at its start and daily what uploads left a day ago, and nothing that is being written", async () => {
  const root = scratch();
  const left = (name: string, hours: number) => {
    writeFileSync(join(root, name), "half");
    const then = new Date(Date.now() - hours * 3600_000);
    utimesSync(join(root, name), then, then);
    return join(root, name);
  };
  const old = left("upload_old", 25);
  const young = left("upload_young", 23);
  const notes = left("notes.txt", 48);
  symlinkSync("nowhere", join(root, "upload_gone")); // as one that is completed meanwhile
  const day = 24 * 3600_000;
  {
    await using bank = await startBank({ DATA_ROOT: root, LOG_LEVEL: "info" });
    await vi.waitFor(() => expect(existsSync(old)).toBe(false));
    expect([young, notes].every((path) => existsSync(path))).toBe(true);
    await vi.waitFor(() => expect(bank.logs.join("")).toContain('"uploads_removed","count":1'));
  }
  await using _again = await startBank({ DATA_ROOT: root }, { cutOffMs: 50 });
  const later = left("upload_later", day / 3600_000);
  await vi.waitFor(() => expect([young, later].some((path) => existsSync(path))).toBe(false));
  expect(existsSync(notes)).toBe(true);
});

test("a store that cannot be looked through is told in the log, and serves on", async () => {
  const root = scratch();
  mkdirSync(join(root, "upload_folder")); // which nobody but a person makes
  utimesSync(join(root, "upload_folder"), 1, 1);
  await using bank = await startBank({ DATA_ROOT: root, LOG_LEVEL: "warn" });
  await vi.waitFor(() => expect(bank.logs.join("")).toContain("uploads_not_removed"));
  expect((await bank.upload("text")).status).toBe(201);
});
