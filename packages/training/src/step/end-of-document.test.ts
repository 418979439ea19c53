import { expect, test } from "vitest";
import { endOfDocument } from "./end-of-document.js";

const specials = { pad: 0, unk: 1, bos: 2, eos: 3 };
const attending = { family: "gpt2", outline: { layers: 1, width: 8, heads: 2, vocabSize: 10, contextLength: 8 } };

test("documents end with the end-of-text token", () => {
  expect(endOfDocument(attending, { specials })).toBe(3);
});

test("without one, or without attention, they cannot be kept apart", () => {
  const refusal = (why: string): unknown =>
    expect.objectContaining({
      code: "MODEL_INCOMPATIBLE",
      failureClass: "USER_INPUT",
      message: `documents cannot be kept apart: ${why}`,
    });
  expect(() => endOfDocument(attending, { specials: { ...specials, eos: null } })).toThrow(
    refusal("the tokenizer has no end-of-text token to find them by"),
  );
  const recurrent = { family: "char_lstm", outline: { ...attending.outline, heads: null } };
  expect(() => endOfDocument(recurrent, { specials })).toThrow(refusal("a char_lstm has no attention to mask"));
});
