import { readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readManifest, writeManifest } from "./manifest.js";
import { newManifest } from "../run/new-manifest.js";
import { parseTrainOptions } from "../options/options.js";
import { gitCommit } from "../run/system.js";

const fresh = (options: object = {}) =>
  newManifest(
    "r",
    { ...parseTrainOptions({ corpus: "/a.txt", ...options }), maxSeqLen: 512 },
    { device: "cpu", precision: "fp32" },
  );

/** Fields, with types, that API clients need to load a manifest. */
const REQUIRED = {
  string: ["run_id", "model_family", "model_size", "tokenizer_id", "corpus_path", "optimizer", "device", "precision"],
  number: (
    "epochs batch_size max_seq_len steps seed early_stopping_patience learning_rate holdout_fraction " +
    "gradient_clipping test_split_ratio finetune_lr_cap created_at"
  ).split(" "),
  boolean: ["freeze_embed", "early_stopped"],
  object: ["versions", "system", "config"],
};

test("a manifest has every field that its readers require, by its wire name and type", async () => {
  const manifest: Readonly<Record<string, unknown>> = await fresh();
  for (const [type, names] of Object.entries(REQUIRED)) {
    expect(names.filter((name) => typeof manifest[name] !== type)).toEqual([]);
  }
  expect(manifest["config"]).toMatchObject({
    model_family: "gpt2",
    model_size: "small",
    max_seq_len: 512,
    num_epochs: 1,
    batch_size: 4,
    learning_rate: 5e-4,
    corpus_path: "/a.txt",
    holdout_fraction: 0.01,
    seed: 42,
    pretrained_run_id: null,
    freeze_embed: false,
    gradient_clipping: 1,
    optimizer: "adamw",
    device: "auto",
    precision: "auto",
    early_stopping_patience: 5,
    test_split_ratio: 0.15,
    finetune_lr_cap: 5e-5,
  });
});

test("it says how many threads a run computes with, for these decide its last bits", async () => {
  expect((await fresh()).threads).toBe(availableParallelism());
  expect((await fresh({ threads: 3 })).threads).toBe(3);
});

test("it comes back as it was written, and takes the place of the one before", async () => {
  await using dir = await scratch();
  const path = dir.join("manifest.json");
  const manifest = await fresh();
  await writeManifest(path, manifest);
  await writeManifest(path, { ...manifest, steps: 5 });
  expect(await readManifest(path)).toEqual({ ...manifest, steps: 5 });
  expect(readdirSync(dir.path)).toEqual(["manifest.json"]);
});

test("one that is not there is null; one that is something else is refused with what is wrong", async () => {
  await using dir = await scratch();
  expect(await readManifest(dir.join("none.json"))).toBeNull();
  await expect(readManifest(dir.path)).rejects.toThrow("EISDIR");
  writeFileSync(dir.join("m.json"), "{");
  await expect(readManifest(dir.join("m.json"))).rejects.toThrow(/is not a run's manifest: SyntaxError/);
  writeFileSync(dir.join("m.json"), JSON.stringify({ ...(await fresh()), steps: "5", status: "done" }));
  await expect(readManifest(dir.join("m.json"))).rejects.toThrow(/is not a run's manifest: .*status.*steps/);
  writeFileSync(dir.join("m.json"), "[]");
  await expect(readManifest(dir.join("m.json"))).rejects.toThrow(/is not a run's manifest: it: .*expected object/);
  writeFileSync(dir.join("m.json"), "{}");
  await expect(readManifest(dir.join("m.json"))).rejects.toThrow(
    /m.json is not a run's manifest: run_id: [^;]*; status: [^;]* \(and \d+ more\); put the old file back, or remove the run$/,
  );
});

test("one that cannot be written leaves nothing behind", async () => {
  await using dir = await scratch();
  await expect(writeManifest(dir.join("none", "m.json"), await fresh())).rejects.toThrow("ENOENT");
});

test("the commit is that of the source, and none outside of a checkout", async () => {
  await using dir = await scratch();
  expect(await gitCommit()).toMatch(/^[0-9a-f]{40}$/);
  expect(await gitCommit(dir.path)).toBeNull();
  expect(await gitCommit(`${process.cwd()}/node_modules`)).toBeNull();
});

test("whatever numbers a run was asked for and came to, its manifest can be read back", async () => {
  await using dir = await scratch();
  const count = fc.maxSafeNat();
  const rate = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  const options = fc.record({
    numEpochs: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    seed: count,
    learningRate: rate,
    finetuneLrCap: rate,
    gradientClipping: rate,
  });
  const figure = fc.option(fc.double());
  const came = fc.record({
    steps: count,
    total_steps: count,
    tokens_seen: count,
    loss: figure,
    best_val_loss: figure,
    test_loss: figure,
    test_perplexity: figure,
    test_bits_per_byte: figure,
  });
  const path = dir.join("manifest.json");
  const property = fc.asyncProperty(options, came, async (options, came) => {
    await writeManifest(path, { ...(await fresh(options)), ...came });
    const finite = Object.entries(came).map(([name, value]) => [name, Number.isFinite(value) ? value : null] as const);
    expect(await readManifest(path)).toMatchObject(JSON.parse(JSON.stringify(Object.fromEntries(finite))));
  });
  await fc.assert(property, { numRuns: 30 });
});
