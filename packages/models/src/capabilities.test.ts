import { containing, withFields } from "@trainer/testing";
import { expect, test } from "vitest";
import { camelKeys, familyInfo, familyNames, isFamily, snakeKeys } from "./capabilities.js";

test("a family is known by its name alone", () => {
  expect(familyNames().filter((name) => !isFamily(name))).toEqual([]);
  expect([isFamily("bloom"), isFamily("toString"), isFamily(2)]).toEqual([false, false, false]);
  expect(familyInfo("bloom")).toBeNull();
});

test("what a size stands for is told without native code, with own dimensions in place of its", () => {
  const outline = familyInfo("gpt2")?.outline({ size: "tiny", dimensions: { nLayer: 3, nEmbd: undefined } });
  expect(outline).toMatchObject({ layers: 3, width: 256, heads: 4, contextLength: 1024 });
});

test("sizes and dimensions that there are not are refused with those there are", () => {
  const outline = (size: string, dimensions: object) => () =>
    familyInfo("llama")?.outline({ size, dimensions: Object.fromEntries(Object.entries(dimensions)) });
  expect(outline("huge", {})).toThrow(
    withFields({ code: "INVALID_MODEL_SIZE", message: containing('llama has no size "huge"; there are: tiny, mini') }),
  );
  expect(outline("tiny", { nEmbd: 3, nLayer: 2 })).toThrow(
    "llama has no nEmbd, nLayer; its dimensions are: hiddenSize,",
  );
  expect(outline("tiny", { numAttentionHeads: 3 })).toThrow(
    "the model's dimensions: not a LLaMA that can be built (hidden_size 256 is not a multiple of " +
      "num_attention_heads 3, so the heads cannot share it; num_attention_heads 3 is not a multiple of " +
      "num_key_value_heads 2, so they cannot share the keys; ",
  );
  expect(outline("tiny", { numKeyValueHeads: 3 })).toThrow(
    "num_attention_heads 4 is not a multiple of num_key_value_heads 3",
  );
  expect(outline("tiny", { headDim: 7 })).toThrow("head_dim 7 is not a multiple of 2, as pairs that positions turn");
  expect(outline("tiny", { ropeTheta: -1 })).toThrow(
    withFields({
      code: "INVALID_DIMENSIONS",
      message: containing("the model's dimensions: not a LLaMA that can be built (rope_theta:"),
    }),
  );
});

test("a dimension that is not chosen is absent, whatever default its config has, and null chooses nothing", () => {
  const parse = (chosen: object) => familyInfo("gpt2")?.dimensions.safeParse(chosen);
  expect(parse({})?.data).toStrictEqual({});
  expect(parse({ nEmbd: 8, nInner: 9 })?.data).toStrictEqual({ nEmbd: 8, nInner: 9 });
  expect(parse({ nInner: null })?.success).toBe(false);
  expect(parse({ nEmbd: 2 ** 20 + 1 })?.error?.issues[0]?.message).toBe("must be <= 1048576");
});

test("dimensions go over the wire by their names in snake_case, and come back", () => {
  const given = { nEmbd: 8, numKeyValueHeads: 2, dropout: 0 };
  expect(snakeKeys({ ...given, headDim: undefined })).toStrictEqual({ n_embd: 8, num_key_value_heads: 2, dropout: 0 });
  expect(camelKeys(snakeKeys(given))).toEqual(given);
});
