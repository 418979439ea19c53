import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { openSafetensors, ones, setNumThreads } from "@trainer/torch";
import { expect, test } from "vitest";
import { fixtureOf } from "../test/fixtures.js";
import { loadModel, saveModel } from "./hf.js";
import type { CausalLm } from "./model.js";
import { INDEX_FILE } from "./file-names.js";
import { writeShards } from "./shards.js";

const FIXTURE = fixtureOf("llama");
setNumThreads(1);

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern); // without its `any`
const specials = { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 };
const weights = ({ params }: CausalLm) => [...params.named()].map(([name, param]) => [name, param.data()]);

test("weights beyond the limit are several files with an index, and load the same", async () => {
  await using dir = await scratch();
  const { model } = await loadModel(FIXTURE);
  await saveModel(dir.path, model, specials, { maxShardBytes: 12_000 });
  const files = readdirSync(dir.path).filter((name) => name.startsWith("model"));
  expect(files.toSorted()).toEqual([
    "model-00001-of-00004.safetensors",
    "model-00002-of-00004.safetensors",
    "model-00003-of-00004.safetensors",
    "model-00004-of-00004.safetensors",
    "model.safetensors.index.json",
  ]);
  const index: unknown = JSON.parse(readFileSync(dir.join(INDEX_FILE), "utf8"));
  expect(index).toMatchObject({
    metadata: { total_size: model.params.count() * 4 },
    weight_map: { "model.embed_tokens.weight": "model-00001-of-00004.safetensors" },
  });
  expect(weights((await loadModel(dir.path)).model)).toEqual(weights(model));
});

test("a file is filled up to the limit and not beyond, and a tensor beyond it has one alone", async () => {
  await using dir = await scratch();
  const sizes = { a: 2, b: 2, c: 9, d: 1 }; // of 4 bytes each
  const tensors = Object.entries(sizes).map(([name, size]) => [name, ones([size])] as const);
  const fileOf = (file: number, files: number) => `model-0000${file}-of-0000${files}.safetensors`;
  const written = async (maxShardBytes: number): Promise<unknown> => {
    await writeShards(dir.path, tensors, maxShardBytes);
    return JSON.parse(readFileSync(dir.join(INDEX_FILE), "utf8"));
  };
  expect(await written(16)).toEqual({
    metadata: { total_size: 56 },
    weight_map: { a: fileOf(1, 3), b: fileOf(1, 3), c: fileOf(2, 3), d: fileOf(3, 3) },
  });
  expect(await written(1)).toMatchObject({
    weight_map: { a: fileOf(1, 4), b: fileOf(2, 4), c: fileOf(3, 4), d: fileOf(4, 4) },
  });
});

test("each file says that its tensors are laid out as PyTorch has them, without which transformers refuses it", async () => {
  await using dir = await scratch();
  const tensors = [["a", ones([2])] as const, ["b", ones([2])] as const];
  for (const [limit, file] of [
    [100, "model.safetensors"],
    [1, "model-00002-of-00002.safetensors"],
  ] as const) {
    await writeShards(dir.path, tensors, limit);
    using stored = openSafetensors(dir.join(file));
    expect(stored.metadata).toEqual({ format: "pt" });
  }
});

test("one file takes the place of several, and several of one", async () => {
  await using dir = await scratch();
  const { model } = await loadModel(FIXTURE);
  await saveModel(dir.path, model, specials);
  await saveModel(dir.path, model, specials, { maxShardBytes: 1 });
  expect(readdirSync(dir.path)).not.toContain("model.safetensors");
  await saveModel(dir.path, model, specials);
  expect(readdirSync(dir.path)).not.toContain(INDEX_FILE);
  expect(weights((await loadModel(dir.path)).model)).toEqual(weights(model));
});

test.each([
  ["{", /SyntaxError/],
  ["{}", /weight_map/],
  ['{"weight_map":{"a":"../../etc/model.safetensors"}}', /must be the name of a safetensors file beside the index/],
  ['{"weight_map":{"a":"none.safetensors"}}', /none.safetensors/],
  ['{"weight_map":{"a":"some.safetensors"}}', /no tensor "a"/],
])("an index %s is refused", async (index, message) => {
  await using dir = await scratch();
  cpSync(join(FIXTURE, "config.json"), dir.join("config.json"));
  cpSync(join(FIXTURE, "model.safetensors"), dir.join("some.safetensors"));
  writeFileSync(dir.join(INDEX_FILE), index);
  await expect(loadModel(dir.path)).rejects.toMatchObject({ code: "MODEL_LOAD_FAILED", message: matching(message) });
});
