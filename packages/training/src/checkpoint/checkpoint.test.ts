import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, tensor } from "@trainer/torch";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkpointOf, list, prune, removeTemporary } from "./list.js";
import { checkpointName, COMMIT, parseCheckpointName } from "./manifest.js";
import { publish } from "./publish.js";
import { newestValid, problemOf } from "./read.js";
import { freshWatch } from "../step/loss-watch.js";
import { TrainState } from "./state.js";
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

test("its weights say that they are PyTorch's, without which transformers refuses them", async () => {
  const { path } = await write(3);
  const { tensors, metadata } = readSafetensors(join(path, "model.safetensors"));
  expect(metadata).toEqual({ format: "pt" });
  expect(tensors.get("w")?.toArray()).toEqual([3, 2, 3]);
});

test("its size is that of its files, COMMIT aside", async () => {
  const { path, bytes } = await write(3);
  expect(bytes).toBe(FILES.reduce((sum, file) => sum + statSync(join(path, file)).size, 0));
});

test("the folder of checkpoints is made with the first of them", async () => {
  const checkpoints = join(dir, "run", "checkpoints");
  const content = { step: 1, model: new Map(), optimizer: new Map(), state: {} };
  const { path } = await writeCheckpoint(checkpoints, content);
  expect(await problemOf(path)).toBeNull();
});

test("the checkpoint of a step is its newest revision, or where that would be", async () => {
  await write(5);
  await write(7);
  await write(5);
  expect(await checkpointOf(dir, 5)).toBe(join(dir, "step-00000005.1"));
  expect(await checkpointOf(dir, 7)).toBe(join(dir, "step-00000007"));
  expect(await checkpointOf(dir, 6)).toBe(join(dir, "step-00000006"));
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

test("a file that cannot be read is a damage like another: there are older checkpoints", async () => {
  const { path } = await write(2);
  const file = join(path, "optimizer.safetensors");
  const { size } = statSync(file);
  rmSync(file);
  mkdirSync(file);
  const commit = readFileSync(join(path, COMMIT), "utf8");
  writeFileSync(join(path, COMMIT), commit.replace(`"bytes": ${size}`, `"bytes": ${statSync(file).size}`));
  expect(await newest()).toBeNull();
  expect(damages).toEqual(["step-00000002: optimizer.safetensors cannot be read: EISDIR"]);
});

test("one file can be looked at alone", async () => {
  const { path } = await write(2);
  appendFileSync(join(path, "optimizer.safetensors"), "x");
  expect(await problemOf(path, "model.safetensors")).toBeNull();
  expect(await problemOf(path)).toContain("optimizer.safetensors");
  expect(await problemOf(path, "optimizer.safetensors")).toContain("optimizer.safetensors has");
});

test("a checkpoint that cannot be written leaves nothing behind", async () => {
  await expect(
    writeCheckpoint(dir, { step: 1, model: new Map(), optimizer: new Map(), state: { big: 1n } }),
  ).rejects.toThrow("BigInt");
  expect(readdirSync(dir)).toEqual([]);
});

test("a run that was taken over meanwhile gets no checkpoint, and nothing is left of it", async () => {
  const written: string[] = [];
  const content = { step: 1, model: new Map([["w", tensor([1])]]), optimizer: new Map(), state: {} };
  const taken = () => {
    for (const name of readdirSync(dir)) written.push(...readdirSync(join(dir, name)));
    throw new Error("taken over");
  };
  await expect(writeCheckpoint(dir, content, taken)).rejects.toThrow("taken over");
  expect(written.toSorted()).toEqual([COMMIT, ...FILES]);
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
  await prune(dir, 2, new Set([2]));
  expect((await list(dir)).map(({ step }) => step)).toEqual([5, 4, 2]);
  await prune(dir, 1, new Set());
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
  await expect(publish(join(dir, "none"), to)).rejects.toThrow(`copyfile '${join(dir, "none")}'`);
});

test("a file that cannot take its place leaves what is there, and nothing beside it", async () => {
  const { path } = await write(1);
  mkdirSync(join(dir, "out", "model.safetensors", "full"), { recursive: true });
  await expect(publish(join(path, "model.safetensors"), join(dir, "out", "model.safetensors"))).rejects.toThrow(
    "rename",
  );
  expect(readdirSync(join(dir, "out"))).toEqual(["model.safetensors"]);
});

test.skipIf(!existsSync("/dev/shm"))("a file is published on another disk, where no link leads", async () => {
  const { path } = await write(1);
  const other = mkdtempSync("/dev/shm/published-");
  try {
    const to = join(other, "model.safetensors");
    await publish(join(path, "model.safetensors"), to);
    expect(readFileSync(to).equals(readFileSync(join(path, "model.safetensors")))).toBe(true);
    expect(readdirSync(other)).toEqual(["model.safetensors"]);
  } finally {
    rmSync(other, { recursive: true });
  }
});

describe("a run's state", () => {
  const state = {
    version: 1,
    step: 3,
    tokensSeen: 96,
    trainLoss: 2.5,
    elapsedMs: 12.5,
    evalDue: true,
    sampleDue: true,
    finished: false,
    earlyStopping: { best: null, bestStep: null, waited: 0 },
    loader: { seed: 1, epoch: 0, position: 3, chunks: 9 },
    rng: { cpu: "AAAA", cuda: "BBBB" },
    scaler: { scale: 65_536, growthTracker: 2, calibrated: false },
    skippedSteps: 1,
    products: ["nt 64 32 96 mkl"],
    metricsBytes: 300,
    samplesBytes: 200,
    rateScale: 0.5,
    rewinds: 1,
    watch: { ...freshWatch(), first: [3, 2.5], alarms: [{ step: 2, symptom: "spike", message: "up" }] },
  };

  test("comes back as it was written", () => {
    expect(TrainState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(TrainState.parse({ ...state, rng: { cpu: "AAAA" }, scaler: null }).scaler).toBeNull();
  });

  test("of an earlier version had skipped no steps, found its loss scale, wrote no samples and was not watched", () => {
    const whole = { ...state, scaler: { scale: 8, growthTracker: 0 } };
    const { skippedSteps: _0, sampleDue: _1, samplesBytes: _2, rateScale: _3, rewinds: _4, watch: _5, ...rest } = whole;
    const { products: _6, ...old } = rest;
    const { skippedSteps, sampleDue, samplesBytes, scaler, rateScale, rewinds, watch, products } =
      TrainState.parse(old);
    expect(products).toBeNull(); // it goes on without measuring
    expect({ rateScale, rewinds, watch }).toEqual({ rateScale: 1, rewinds: 0, watch: freshWatch() });
    expect({ skippedSteps, sampleDue, samplesBytes, scaler }).toEqual({
      skippedSteps: 0,
      sampleDue: false,
      samplesBytes: 0,
      scaler: { scale: 8, growthTracker: 0, calibrated: true },
    });
  });

  test.each([
    ["another version", { version: 2 }],
    ["a step before the first", { step: -1 }],
    ["half a step", { step: 1.5 }],
    ["less than no time", { elapsedMs: -1 }],
    ["a generator of no device", { rng: { tpu: "AAAA" } }],
    ["a generator that is no base64", { rng: { cpu: "!" } }],
    ["what it has no name for", { more: 1 }],
  ])("with %s is refused", (_what, wrong) => {
    expect(TrainState.safeParse({ ...state, ...wrong }).success).toBe(false);
  });
});
