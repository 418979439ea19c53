import { memoryBytes } from "@trainer/disk";
import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { assertWeightsFit, memoryOf } from "./assert-weights-fit.js";
import { newModel } from "./make-model.js";
import { DEFAULT_SEQ_LEN } from "@trainer/options";
import { parseTrainOptions, type TrainInput } from "../options/options.js";

const options = (input: Partial<TrainInput>) => ({
  ...parseTrainOptions({ corpus: "-", modelConfig: { nLayer: 1, nEmbd: 16, nHead: 2 }, ...input }),
  maxSeqLen: DEFAULT_SEQ_LEN,
});

test.each([
  ["adamw", false, (all: number) => 16 * all],
  ["adam", false, (all: number) => 16 * all],
  ["sgd", false, (all: number) => 8 * all],
  ["muon", false, (all: number) => 16 * all - 4 * 12 * 16 * 16], // a moment less of the layers' matrices
  ["adamw", true, (all: number, embedding: number) => 16 * all - 12 * embedding],
] as const)("with %s and frozen embeddings %s a model needs no byte more than it has", (optimizer, frozen, needed) => {
  const asked = options({ optimizer, freezeEmbed: frozen });
  const parameters = newModel(asked, 300, "meta").params.count();
  const bytes = needed(parameters, 300 * 16);
  expect(() => assertWeightsFit(asked, 300, "cpu", bytes)).not.toThrow();
  expect(() => assertWeightsFit(asked, 300, "cpu", bytes - 1)).toThrow(/^a model of \d+ parameters takes/);
});

test("a model that no machine could hold is refused before any of it is made, with what it takes and what there is", () => {
  const vast = options({ modelConfig: { nLayer: 1024, nEmbd: 1 << 20, nHead: 2 } });
  expect(() => assertWeightsFit(vast, 300, "cpu")).toThrow(
    expect.objectContaining({
      code: "TRAINING_OOM",
      failureClass: "USER_INPUT",
      message: matching(/^a model of 135\d{14} parameters takes 2\d+\.\d GB.* there are [\d.]+ GB in all/),
    }),
  );
  expect(() => assertWeightsFit(options({}), 300, "cuda", 0)).toThrow(expect.objectContaining({ code: "CUDA_OOM" }));
});

test("a small model fits into this machine", () => {
  expect(() => assertWeightsFit(options({}), 300, "cpu")).not.toThrow();
});

test("memory is all that this process may have, or the first GPU has", () => {
  const none = { bytes: [] };
  expect(memoryOf("cpu", none)).toBe(memoryBytes());
  expect([memoryOf("cuda", { bytes: [5, 7] }), memoryOf("cuda", none)]).toEqual([5, 0]);
});
