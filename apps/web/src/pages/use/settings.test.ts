import { ChatOptions, GenerateOptions } from "@trainer/options";
import { ChatRequest, GenerateRequest } from "@trainer/platform/browser";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { drawnSeed, fieldsOf, refusalsOf, settingsOf } from "./settings.js";

const SETTINGS = settingsOf(GenerateOptions.shape, GenerateRequest.shape);
const fields = (values: Record<string, string>) => fieldsOf(SETTINGS, values);
const refusals = (values: Record<string, string>) =>
  refusalsOf(GenerateRequest, { prompt_text: "", ...fields(values) });

test("settings are all that a request has a field for, and nothing else", () => {
  const names = SETTINGS.map(({ name }) => name);
  const others = Object.keys(GenerateRequest.shape).filter((name) => !name.startsWith("prompt"));
  expect(names.toSorted()).toEqual(others.toSorted());
  expect(settingsOf(ChatOptions.shape, ChatRequest.shape).map(({ name }) => name)).not.toContain("seed");
});

test("a setting that has no title yet is named by its field", () => {
  const { temperature } = GenerateOptions.shape;
  expect(settingsOf({ topTemperature: temperature }, { top_temperature: 1 })).toMatchObject([
    { name: "top_temperature", title: "Top temperature" },
  ]);
});

test("what was written becomes the fields of a request, and what is empty its default", () => {
  expect(
    fields({
      temperature: " 0.5",
      top_k: "7",
      stop_on_eos: "false",
      bos: "no",
      stop_sequences: "\\n\\n\n\nend\\\\n\\t",
      seed: " ",
    }),
  ).toEqual({ temperature: 0.5, top_k: 7, stop_on_eos: false, bos: "no", stop_sequences: ["\n\n", "end\\n\t"] });
  expect(refusals({})).toEqual({});
  expect(GenerateRequest.parse({ prompt_text: "", ...fields({}) })).toEqual(GenerateRequest.parse({ prompt_text: "" }));
});

test("what cannot be taken is refused at its field, in words", () => {
  expect(
    refusals({ temperature: "3", top_p: "often", top_k: "1.5", max_new_tokens: "0", num_return_sequences: "17" }),
  ).toEqual({
    temperature: "Must be at most 2",
    top_p: "Must be a number",
    top_k: "Must be an integer",
    max_new_tokens: "Must be at least 1",
    num_return_sequences: "Must be at most 16",
  });
  expect(refusals({ seed: "99999999999999999999" })).toEqual({ seed: "Must be at most 9007199254740991" });
  expect(refusals({ seed: "seven" })).toHaveProperty("seed");
});

test("any writing is either taken or refused at its own field", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SETTINGS.map(({ name }) => name)), fc.string({ unit: "binary" }), (name, text) => {
      expect([[], [name]]).toContainEqual(Object.keys(refusals({ [name]: text })));
    }),
  );
});

test("drawn seeds are short, and taken", () => {
  expect([drawnSeed(() => 0), drawnSeed(() => 0.9999999)]).toEqual([0, 999_999]);
  expect(refusals({ seed: String(drawnSeed()) })).toEqual({});
});
