import { expect, test } from "vitest";
import { testIo } from "../../test/screen.js";
import { noteBegin } from "./bos.js";
import { output } from "../display/output.js";

const noted = (...[around, bos]: [Parameters<typeof noteBegin>[0], Parameters<typeof noteBegin>[1]]): string => {
  const io = testIo();
  noteBegin(around, bos, output(io, { json: false, quiet: false }));
  return io.stderr.text;
};

test("the tokens around a text are told, with why where nobody asked for them", () => {
  const template = ", as the tokenizer's template says; --bos no leaves it away.\n";
  expect(noted({ begin: ["<s>"], end: ["</s>"] }, "auto")).toBe(
    `The text begins with <s> and ends with </s>${template}`,
  );
  expect(noted({ begin: [], end: ["</s>"] }, "auto")).toBe(`The text ends with </s>${template}`);
  expect(noted({ begin: ["<s>"] }, "yes")).toBe("The text begins with <s>.\n");
  expect(noted({ begin: [] }, "auto")).toBe("");
});
