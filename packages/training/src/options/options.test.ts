import { expect, test } from "vitest";
import { TrainingError } from "../errors.js";
import { parseTrainOptions, TrainOptions } from "./options.js";
import { fromConfig, toConfig } from "./wire-names.js";

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern); // without its `any`

const refusal = (options: object): TrainingError => {
  try {
    parseTrainOptions({ corpus: "a.txt", ...options });
  } catch (error) {
    if (error instanceof TrainingError) return error;
    throw error;
  }
  throw new Error("not refused");
};

test("what is not given has the defaults of a train request", () => {
  expect(parseTrainOptions({ corpus: "a.txt" })).toMatchObject({
    corpus: ["a.txt"],
    modelFamily: "gpt2",
    modelSize: "small",
    maxSeqLen: null, // 512, or the pretrained model's
    numEpochs: 1,
    batchSize: 4,
    learningRate: 5e-4,
    holdoutFraction: 0.01,
    seed: 42,
    pretrainedRunId: null,
    freezeEmbed: false,
    gradientClipping: 1,
    optimizer: "adamw",
    userId: 0n,
    device: "auto",
    precision: "auto",
    dataNumWorkers: null,
    dataPinMemory: null,
    earlyStoppingPatience: 5,
    testSplitRatio: 0.15,
    finetuneLrCap: 5e-5,
    lrSchedule: "constant",
    document: "line",
  });
});

test.each([
  [{ maxSeqLen: 7 }, "maxSeqLen"],
  [{ numEpochs: 0 }, "numEpochs"],
  [{ batchSize: 0 }, "batchSize"],
  [{ learningRate: -1 }, "learningRate"],
  [{ holdoutFraction: 0.51 }, "holdoutFraction"],
  [{ testSplitRatio: -0.1 }, "testSplitRatio"],
  [{ seed: 1.5 }, "seed"],
  [{ gradientClipping: -1 }, "gradientClipping"],
  [{ userId: -1 }, "userId"],
  [{ userId: 2n ** 64n }, "userId"],
  [{ device: "tpu" }, "device"],
  [{ precision: "int8" }, "precision"],
  [{ earlyStoppingPatience: 0 }, "earlyStoppingPatience"],
  [{ corpus: " " }, "corpus"],
  [{ corpus: [] }, "corpus"],
  [{ runId: "../x" }, "runId"],
  [{ learning_rate: 1 }, "learning_rate"],
])("%o is refused by name", (options, name) => {
  const error = refusal(options);
  expect(error).toMatchObject({ code: "INVALID_INPUT", failureClass: "USER_INPUT" });
  expect(error.message).toContain(name);
});

test("an unknown family or size is refused with what there is", () => {
  expect(refusal({ modelFamily: "bloom" })).toMatchObject({
    code: "UNSUPPORTED_BACKEND",
    message: matching(/"bloom".*gpt2, llama/),
  });
  expect(refusal({ modelFamily: 7 }).code).toBe("UNSUPPORTED_BACKEND");
  expect(refusal({ modelSize: "huge" })).toMatchObject({
    code: "INVALID_MODEL_SIZE",
    message: matching(/"huge".*tiny.*xl/),
  });
});

test("an unknown optimizer is refused with those there are", () => {
  expect(refusal({ optimizer: "lion" })).toMatchObject({
    code: "UNSUPPORTED_BACKEND",
    message: matching(/no optimizer "lion"; there are: adamw, adam, sgd/),
  });
});

test("an optimizer that averages the weights by itself is refused a second average, and a beta that leaves no way to it", () => {
  const optimizer = "schedule_free";
  expect(refusal({ optimizer, emaDecay: 0.9 }).message).toContain(
    `emaDecay: ${optimizer} averages the weights by itself`,
  );
  expect(refusal({ optimizer, beta1: 0 }).message).toContain("beta1: schedule_free takes gradients between");
});

test("a width that the heads cannot share is refused, own or the size's", () => {
  expect(refusal({ modelConfig: { nEmbd: 100, nHead: 3 } }).message).toContain(
    "n_embd 100 is not a multiple of n_head 3",
  );
  expect(refusal({ modelConfig: { nHead: 7 } }).message).toContain("n_embd 768 is not a multiple of n_head 7");
});

test("dimensions that the family does not have are refused with those it has, and wrong ones by name", () => {
  const llama = (modelConfig: object) => refusal({ modelFamily: "llama", modelSize: "tiny", modelConfig });
  expect(llama({ nEmbd: 64 })).toMatchObject({
    code: "INVALID_INPUT",
    failureClass: "USER_INPUT",
    message: matching(/^llama has no nEmbd; its dimensions are: hiddenSize/),
  });
  expect(refusal({ modelConfig: { hiddenSize: 64 } }).message).toContain("gpt2 has no hiddenSize");
  expect(refusal({ modelConfig: { embdPdrop: 1 } }).message).toContain("modelConfig.embdPdrop");
  expect(llama({ hiddenSize: 65 }).message).toContain("hidden_size 65 is not a multiple of num_attention_heads 4");
});

test("several mistakes are told at once", () => {
  expect(refusal({ seed: -1, batchSize: 0 }).message).toMatch(/batchSize.*seed/);
});

test("options come back from a manifest as they went in, 64-bit ids too", () => {
  const options = TrainOptions.parse({
    corpus: ["/a/b.txt", "/c:d"],
    userId: 123456789012345678n,
    maxSteps: 12,
    modelConfig: { nEmbd: 48, embdPdrop: 0 },
    lrSchedule: "cosine",
    beta2: 0.99,
  });
  const config: unknown = JSON.parse(JSON.stringify(toConfig(options)));
  expect(config).toMatchObject({
    corpus_path: "/a/b.txt:/c:d",
    user_id: "123456789012345678",
    max_steps: 12,
    model_config: { n_embd: 48, embd_pdrop: 0 },
    beta2: 0.99,
  });
  expect(parseTrainOptions(fromConfig(toConfig(options)))).toEqual(options);
});
