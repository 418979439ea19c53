import { parseTrainOptions } from "@trainer/training/options";
import { expect, test } from "vitest";
import { checkSize, toTrainInput, TrainFlags } from "./train-options.js";

const options = (flags: object) => parseTrainOptions(toTrainInput(["a.txt"], TrainFlags.parse(flags)));
const chosen = (flags: object) =>
  Object.fromEntries(Object.entries(options(flags).modelConfig).filter(([, value]) => value !== undefined));

test("one rate of dropout is that of each place where the family has one", () => {
  const dropout = 0.2;
  expect(chosen({ dropout })).toEqual({ embdPdrop: dropout, attnPdrop: dropout, residPdrop: dropout });
  expect(chosen({ model: "llama", dropout })).toEqual({ attentionDropout: dropout });
  expect(chosen({ model: "qwen", dropout })).toEqual({ attentionDropout: dropout });
  expect(chosen({ model: "char_lstm", dropout })).toEqual({ dropout });
});

test("each family takes its own dimensions, and no other's", () => {
  expect(chosen({ nLayer: 2, nEmbd: 64 })).toEqual({ nLayer: 2, nEmbd: 64 });
  const llama = { hiddenSize: 64, numKeyValueHeads: 1, ropeTheta: 500, tieWordEmbeddings: false };
  expect(chosen({ model: "llama", ...llama })).toEqual(llama);
  expect(chosen({ model: "qwen", headDim: 32 })).toEqual({ headDim: 32 });
  expect(chosen({ model: "char_lstm", hiddenDim: 32, numLayers: 1 })).toEqual({ hiddenDim: 32, numLayers: 1 });
  expect(() => options({ model: "char_lstm", nLayer: 1 })).toThrow(
    "char_lstm has no nLayer; its dimensions are: embedDim",
  );
  expect(() => options({ hiddenSize: 64 })).toThrow("gpt2 has no hiddenSize; its dimensions are: nLayer");
});

test("a size that the family has not is refused with those that it has, and the likeliest", () => {
  expect(() => checkSize({ model: "gpt2", size: "tiny" })).not.toThrow();
  expect(() => checkSize({ model: "gpt2", size: "smal" })).toThrow(
    /^--size: gpt2 has no size "smal"; there are: .*tiny.*\. Did you mean small\?$/,
  );
  expect(() => checkSize({ model: "gpt2", size: "enormous" })).toThrow(/there are: [^.]*\.$/);
});
