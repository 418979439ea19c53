// @vitest-environment happy-dom
import { GenerateOptions, optionFacts, ScoreOptions } from "@trainer/options";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { OptionField } from "./option-field.js";

afterEach(cleanup);

function shown(option: z.ZodType, more: { readonly value?: string; readonly refusal?: string } = {}) {
  const onChange = vi.fn<(value: string) => void>();
  render(<OptionField name="it" title="It" facts={optionFacts(option)} value="" onChange={onChange} {...more} />);
  return { onChange, field: screen.getByLabelText("It"), user: userEvent.setup() };
}

test("a number is written, with its default as a hint and its help as its description", async () => {
  const { field, onChange, user } = shown(GenerateOptions.shape.temperature);
  expect(field.getAttribute("placeholder")).toBe("1");
  expect(field.getAttribute("inputmode")).toBe("decimal");
  expect(screen.getByText(/below 1 surer/)).toBeTruthy();
  await user.type(field, "2");
  expect(onChange).toHaveBeenCalledWith("2");
});

test("a text is written, and what is wrong with it is said", () => {
  const { field } = shown(ScoreOptions.shape.text, { value: "x", refusal: "Must be longer" });
  expect([field.getAttribute("placeholder"), field.getAttribute("inputmode")]).toEqual([null, null]);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("Must be longer").hidden).toBe(false);
});

test("what has names is chosen, the default at first", async () => {
  const { field, onChange, user } = shown(GenerateOptions.shape.bos);
  expect([...field.querySelectorAll("option")].map(({ value, text }) => [value, text])).toEqual([
    ["", "auto"],
    ["yes", "yes"],
    ["no", "no"],
  ]);
  await user.selectOptions(field, "no");
  expect(onChange).toHaveBeenCalledWith("no");
});

test("names in a help are set apart, and a choice without a default is left to what suits", () => {
  const { field } = shown(z.enum(["bpe", "char"]).nullable().default(null).describe("as `bpe` does"));
  expect(field.querySelector("option")?.text).toBe("As suits");
  expect(screen.getByText("bpe", { selector: "code" })).toBeTruthy();
});
