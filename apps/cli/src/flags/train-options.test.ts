import { camel, notInRequests, optionFacts, snake, TrainOptions } from "@trainer/options";
import { TrainRequest } from "@trainer/platform";
import { parseTrainOptions } from "@trainer/training/options";
import { expect, test } from "vitest";
import { optionSpecs } from "../framework/option-spec.js";
import { checkSize, toTrainInput, TrainFlags } from "./train-options.js";

const options = (flags: object) => parseTrainOptions(toTrainInput(["a.txt"], TrainFlags.parse(flags)));
const chosen = (flags: object) =>
  Object.fromEntries(Object.entries(options(flags).modelConfig).filter(([, value]) => value !== undefined));

test("one rate of dropout is that of each place where the family has one", () => {
  const dropout = 0.2;
  expect(chosen({ dropout })).toEqual({ embdPdrop: dropout, attnPdrop: dropout, residPdrop: dropout });
  expect(chosen({ modelFamily: "llama", dropout })).toEqual({ attentionDropout: dropout });
  expect(chosen({ modelFamily: "qwen", dropout })).toEqual({ attentionDropout: dropout });
  expect(chosen({ modelFamily: "char_lstm", dropout })).toEqual({ dropout });
});

test("each family takes its own dimensions, and no other's", () => {
  expect(chosen({ nLayer: 2, nEmbd: 64 })).toEqual({ nLayer: 2, nEmbd: 64 });
  const llama = { hiddenSize: 64, numKeyValueHeads: 1, ropeTheta: 500, tieWordEmbeddings: false };
  expect(chosen({ modelFamily: "llama", ...llama })).toEqual(llama);
  expect(chosen({ modelFamily: "qwen", headDim: 32 })).toEqual({ headDim: 32 });
  expect(chosen({ modelFamily: "char_lstm", hiddenDim: 32, numLayers: 1 })).toEqual({ hiddenDim: 32, numLayers: 1 });
  expect(() => options({ modelFamily: "char_lstm", nLayer: 1 })).toThrow(
    "char_lstm has no nLayer; its dimensions are: embedDim",
  );
  expect(() => options({ hiddenSize: 64 })).toThrow("gpt2 has no hiddenSize; its dimensions are: nLayer");
});

test("a size that the family has not is refused with those that it has, and the likeliest", () => {
  expect(() => checkSize({ modelFamily: "gpt2", modelSize: "tiny" })).not.toThrow();
  expect(() => checkSize({ modelFamily: "gpt2", modelSize: "smal" })).toThrow(
    /^--size: gpt2 has no size "smal"; there are: .*tiny.*\. Did you mean small\?$/,
  );
  expect(() => checkSize({ modelFamily: "gpt2", modelSize: "enormous" })).toThrow(/there are: [^.]*\.$/);
});

/** Defaults that suit somebody at a terminal. */
const OWN: Readonly<Record<string, unknown>> = {
  document: "file",
  documentSeparator: "auto",
  modelSize: "tiny",
  evalTokens: 2_000_000,
  precision: null,
};

test("each option of a run is a flag, with its own help, bounds and default but for a few", () => {
  const specs = new Map(optionSpecs(TrainFlags).map((spec) => [spec.key, spec]));
  const { corpus: _1, corpusFileId: _2, modelConfig: _3, corpusWeights: _4, ...options } = TrainOptions.shape;
  for (const [name, option] of Object.entries(options)) {
    const facts = optionFacts(option);
    const { kind, group, auto, default: preset } = { ...facts, ...(name in OWN ? { default: OWN[name] } : {}) };
    expect([name, specs.get(name)]).toMatchObject([name, { kind, group, default: preset }]);
    expect(specs.get(name)?.auto).toBe(auto);
    const own = name === "modelSize" || name === "precision";
    expect(own || specs.get(name)?.description).toBe(own || facts.description);
  }
});

test("what a request can ask of a training is a flag's, and what a flag asks goes into the request", () => {
  const { corpus_file_id: _1, corpus_path: _2, model_config: _3, tokenizer_id: _4, ...others } = TrainRequest.shape;
  const { corpus_paths: _5, corpus_weights: _6, ...fields } = others; // which are words here
  expect(Object.keys(fields).filter((field) => !(camel(field) in TrainFlags.shape))).toEqual([]);
  const local = Object.keys(TrainOptions.shape).filter((name) => !(snake(name) in TrainRequest.shape));
  expect(local.toSorted()).toEqual([...Object.keys(notInRequests), "corpus", "tokenizer"].toSorted());
});
