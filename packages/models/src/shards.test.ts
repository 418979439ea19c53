import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setNumThreads } from "@trainer/torch";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadModel, saveModel } from "./hf.js";
import type { CausalLm } from "./model.js";
import { INDEX_FILE } from "./shards.js";

const FIXTURE = fileURLToPath(new URL("../test/fixtures/llama", import.meta.url));
setNumThreads(1);
let dir = "";
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "shards-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern); // without its `any`
const specials = { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 };
const weights = ({ params }: CausalLm) => [...params.named()].map(([name, param]) => [name, param.data()]);

test("weights beyond the limit are several files with an index, and load the same", async () => {
  const { model } = await loadModel(FIXTURE);
  await saveModel(dir, model, specials, { maxShardBytes: 12_000 });
  const files = readdirSync(dir).filter((name) => name.startsWith("model"));
  expect(files.toSorted()).toEqual([
    "model-00001-of-00004.safetensors",
    "model-00002-of-00004.safetensors",
    "model-00003-of-00004.safetensors",
    "model-00004-of-00004.safetensors",
    "model.safetensors.index.json",
  ]);
  const index: unknown = JSON.parse(readFileSync(join(dir, INDEX_FILE), "utf8"));
  expect(index).toMatchObject({
    metadata: { total_size: model.params.count() * 4 },
    weight_map: { "model.embed_tokens.weight": "model-00001-of-00004.safetensors" },
  });
  expect(weights((await loadModel(dir)).model)).toEqual(weights(model));
});

test("one file takes the place of several, and several of one", async () => {
  const { model } = await loadModel(FIXTURE);
  await saveModel(dir, model, specials);
  await saveModel(dir, model, specials, { maxShardBytes: 1 });
  expect(readdirSync(dir)).not.toContain("model.safetensors");
  await saveModel(dir, model, specials);
  expect(readdirSync(dir)).not.toContain(INDEX_FILE);
  expect(weights((await loadModel(dir)).model)).toEqual(weights(model));
});

test.each([
  ["{", /SyntaxError/],
  ["{}", /weight_map/],
  ['{"weight_map":{"a":"../../etc/model.safetensors"}}', /must be the name of a safetensors file beside the index/],
  ['{"weight_map":{"a":"none.safetensors"}}', /none.safetensors/],
  ['{"weight_map":{"a":"some.safetensors"}}', /no tensor "a"/],
])("an index %s is refused", async (index, message) => {
  cpSync(join(FIXTURE, "config.json"), join(dir, "config.json"));
  cpSync(join(FIXTURE, "model.safetensors"), join(dir, "some.safetensors"));
  writeFileSync(join(dir, INDEX_FILE), index);
  await expect(loadModel(dir)).rejects.toMatchObject({ code: "MODEL_LOAD_FAILED", message: matching(message) });
});
