import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tensor } from "@trainer/torch";
import { afterEach, beforeEach, expect, test } from "vitest";
import { list, prune, removeTemporary } from "./list.js";
import { checkpointName, COMMIT, parseCheckpointName } from "./manifest.js";
import { publish } from "./publish.js";
import { newestValid, problemOf } from "./read.js";
import { writeCheckpoint } from "./write.js";

let dir = "";
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "checkpoints-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const write = (step: number) =>
  writeCheckpoint(dir, {
    step,
    model: new Map([["w", tensor([step, 2, 3])]]),
    optimizer: new Map([["m.w", tensor([4, 5, 6])]]),
    state: { step, rng: "abc" },
  });
const damages: string[] = [];
const newest = async () => {
  damages.length = 0;
  return (await newestValid(dir, ({ name, problem }) => damages.push(`${name}: ${problem}`)))?.name ?? null;
};

test("what is written is there whole, and found newest first", async () => {
  await write(5);
  const { name, path, bytes } = await write(120);
  expect(name).toBe("step-00000120");
  expect(readdirSync(path).toSorted()).toEqual([COMMIT, "model.safetensors", "optimizer.safetensors", "state.json"]);
  expect(bytes).toBeGreaterThan(100);
  expect((await list(dir)).map(({ step }) => step)).toEqual([120, 5]);
  expect(await newest()).toBe(name);
  expect(damages).toEqual([]);
});

test("a step saved again is a new revision, and the newer holds", async () => {
  await write(5);
  await write(5);
  const { name } = await write(5);
  expect(name).toBe("step-00000005.2");
  expect(await newest()).toBe(name);
});

const FILES = ["model.safetensors", "optimizer.safetensors", "state.json"];
test.each(FILES.flatMap((file) => [0, 1, 0.5, -1].map((cut) => [file, cut] as const)))(
  "a %s cut at %d is found, and the checkpoint before it used",
  async (file, cut) => {
    const good = await write(1);
    const { name, path } = await write(2);
    const { length } = readFileSync(join(path, file));
    truncateSync(join(path, file), cut === 0.5 ? Math.floor(length / 2) : cut < 0 ? length + cut : cut);
    expect(await newest()).toBe(good.name);
    expect(damages).toEqual([
      expect.stringMatching(new RegExp(`^${name}: ${file} has \\d+ bytes instead of ${length}`)),
    ]);
  },
);

test("any flipped bit of any file is found, or changes nothing that counts", async () => {
  const good = await write(1);
  const { name, path } = await write(2);
  let random = 7;
  const next = (below: number) => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return random % below;
  };
  for (const file of FILES) {
    const bytes = readFileSync(join(path, file));
    for (let i = 0; i < 20; i++) {
      const at = next(bytes.length);
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << next(8));
      writeFileSync(join(path, file), flipped);
      expect(await newest()).toBe(good.name);
      expect(damages).toEqual([`${name}: ${file} is not what was written (its SHA-256 differs)`]);
    }
    writeFileSync(join(path, file), bytes);
  }
  expect(await newest()).toBe(name);
});

test("without its COMMIT, or with a damaged one, a folder is no checkpoint", async () => {
  const good = await write(1);
  const { path } = await write(2);
  const commit = readFileSync(join(path, COMMIT), "utf8");
  for (const text of [
    "",
    commit.slice(0, -3),
    commit.replace('"step": 2', '"step": 3'),
    commit.replace("state.json", "other.json"),
  ]) {
    writeFileSync(join(path, COMMIT), text);
    expect(await newest()).toBe(good.name);
    expect(damages).toHaveLength(1);
  }
  rmSync(join(path, COMMIT));
  expect(await newest()).toBe(good.name);
  expect(damages).toEqual(["step-00000002: COMMIT is missing or damaged"]);
});

test("a missing file is found", async () => {
  const { path } = await write(2);
  rmSync(join(path, "optimizer.safetensors"));
  expect(await newest()).toBeNull();
  expect(damages[0]).toContain("optimizer.safetensors is missing");
});

test("one file can be looked at alone", async () => {
  const { path } = await write(2);
  appendFileSync(join(path, "optimizer.safetensors"), "x");
  expect(await problemOf(path, "model.safetensors")).toBeNull();
  expect(await problemOf(path)).toContain("optimizer.safetensors");
});

test("a checkpoint that cannot be written leaves nothing behind", async () => {
  await expect(
    writeCheckpoint(dir, { step: 1, model: new Map(), optimizer: new Map(), state: { big: 1n } }),
  ).rejects.toThrow("BigInt");
  expect(readdirSync(dir)).toEqual([]);
});

test("what an interrupted write left is no checkpoint, and is removed", async () => {
  await write(1);
  mkdirSync(join(dir, ".tmp-step-00000002-x"));
  writeFileSync(join(dir, ".tmp-step-00000002-x", "model.safetensors"), "half");
  expect(await newest()).toBe("step-00000001");
  await removeTemporary(dir);
  expect(readdirSync(dir)).toEqual(["step-00000001"]);
});

test("the newest are kept, and the best", async () => {
  for (const step of [1, 2, 3, 4, 5]) await write(step);
  await prune(dir, 2, 2);
  expect((await list(dir)).map(({ step }) => step)).toEqual([5, 4, 2]);
  await prune(dir, 1, null);
  expect((await list(dir)).map(({ step }) => step)).toEqual([5]);
});

test("a folder that is not there has no checkpoints; one that cannot be read is an error", async () => {
  expect(await list(join(dir, "none"))).toEqual([]);
  writeFileSync(join(dir, "file"), "");
  await expect(list(join(dir, "file"))).rejects.toThrow("ENOTDIR");
});

test("names say step and revision, and nothing else is one", () => {
  expect(parseCheckpointName(checkpointName(123456789, 3))).toEqual({
    name: "step-123456789.3",
    step: 123456789,
    revision: 3,
  });
  expect(["step-1", "best", ".tmp-step-00000001-x", "step-00000001x"].map(parseCheckpointName)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("a published file takes the place of the one before, and outlives its checkpoint", async () => {
  const to = join(dir, "model.safetensors");
  const [first, second] = [await write(1), await write(2)];
  await publish(join(first.path, "model.safetensors"), to);
  const before = readFileSync(to);
  await publish(join(second.path, "model.safetensors"), to);
  rmSync(second.path, { recursive: true });
  expect(readFileSync(to).equals(before)).toBe(false);
  expect(readdirSync(dir).toSorted()).toEqual(["model.safetensors", "step-00000001"]);
  await expect(publish(join(dir, "none"), to)).rejects.toThrow("ENOENT");
});
