import { addFamilyInfo } from "@trainer/models/capabilities";
import { startSystem } from "@trainer/testing/api";
import { addMethod } from "@trainer/tokenizers/capabilities";
import { addOptimizerInfo } from "@trainer/torch/capabilities";
import { expect, test } from "vitest";
import { z } from "zod";

const count = z.int().positive();
const File = z.object({
  width: count,
  layers: count,
  vocab_size: count.default(256),
  context_length: count.default(64),
});

addFamilyInfo<{ width: number; layers: number; vocabSize: number; contextLength: number }>({
  name: "mixer",
  title: "Mixer",
  modelTypes: ["mixer"],
  precisions: ["fp32"],
  sizes: { tiny: { width: 8, layers: 1 } },
  dimensions: z.strictObject({ width: count.optional(), layers: count.optional() }),
  dropouts: [],
  contextName: "contextLength",
  file: File.transform(({ width, layers, vocab_size: vocabSize, context_length: contextLength }) => ({
    config: { width, layers, vocabSize, contextLength },
    specials: { bosTokenId: null, eosTokenId: null, padTokenId: null },
  })),
  toFile: (config) => ({ model_type: "mixer", ...config }),
  outline: (config) => ({ ...config, heads: null }),
});
addMethod("words", { title: "Words", leastVocabSize: 10, options: ["vocabSize"] });
addOptimizerInfo("lion", { title: "Lion", moments: 1 });

const SCHEMA = z.object({ schema: z.object({ properties: z.record(z.string(), z.unknown()) }) });
const Body = z.object({
  post: z.object({ requestBody: z.object({ content: z.object({ "application/json": SCHEMA }) }) }),
});
const Document = z.object({ paths: z.record(z.string(), z.unknown()) });

test("what is registered beside what comes with the packages can be asked for, is listed, and is in the document", async () => {
  await using system = await startSystem();
  const file = { corpus_file_id: "a".repeat(64) };
  const asked = {
    model_family: "mixer",
    model_size: "tiny",
    tokenizer_method: "words",
    vocab_size: 300,
    optimizer: "lion",
  };
  expect(await system.ask("/runs/train", { body: { ...file, ...asked, model_config: { width: 16 } } })).toMatchObject({
    status: 200,
  });
  const [job] = await system.trainer.getJobs(["waiting"]);
  expect(job?.data).toMatchObject({ request: { ...asked, model_config: { width: 16 } } });

  const refused = async (body: object) =>
    (await system.ask("/runs/train", { body: { ...file, ...asked, ...body } })).json;
  expect(await refused({ optimizer: "tiger" })).toMatchObject({
    code: "INVALID_INPUT",
    message: "optimizer must be one of: adam, adamw, lion, muon, schedule_free, sgd",
  });
  expect(await refused({ model_family: "blender" })).toMatchObject({
    code: "INVALID_INPUT",
    message: "model_family must be one of: char_lstm, gpt2, gpt_neox, llama, mixer, olmo2, phi3, qwen",
  });
  expect(await refused({ vocab_size: 9 })).toMatchObject({ message: "vocab_size must be >= 10 for words" });
  expect((await system.ask("/tokenizers/train", { body: { ...file, method: "words" } })).status).toBe(200);

  const { json } = await system.ask("/capabilities");
  expect(json).toMatchObject({ optimizers: ["adamw", "adam", "sgd", "muon", "schedule_free", "lion"] });
  expect(JSON.stringify(json)).toMatch(/"name":"mixer".*"name":"words"/);
  const { paths } = Document.parse((await system.ask("/openapi.json")).json);
  const { properties } = Body.parse(paths["/runs/train"]).post.requestBody.content["application/json"].schema;
  expect(properties).toMatchObject({
    model_family: {
      anyOf: [{ enum: ["gpt2", "llama", "qwen", "olmo2", "gpt_neox", "phi3", "char_lstm", "mixer"] }, { type: "null" }],
    },
    tokenizer_method: { anyOf: [{ enum: ["bpe", "char", "sentencepiece", "words"] }, { type: "null" }] },
    optimizer: { anyOf: [{ enum: ["adamw", "adam", "sgd", "muon", "schedule_free", "lion"] }, { type: "null" }] },
  });
});
