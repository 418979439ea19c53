import { TrainRequest } from "@trainer/platform";
import { expect, test } from "vitest";
import { optionFacts } from "@trainer/options";
import { generate } from "./generate.js";
import { train, trainModel } from "./train.js";

test("the least and the most that can be chosen for a training are what the API takes", () => {
  const bounded = train.options.flatMap((option) => ("min_value" in option ? [option] : []));
  expect(bounded.map(({ name }) => name)).toContain("num_epochs");
  for (const { name, min_value: min, max_value: max } of bounded) {
    const takes = (value: unknown) => TrainRequest.safeParse({ corpus_path: "a.txt", [name]: value }).success;
    expect([name, takes(min), max === undefined || takes(max)]).toEqual([name, true, true]);
  }
});

test("what is left out is said with what is then taken, as the request has it", () => {
  const help = Object.fromEntries(train.options.map(({ name, description }) => [name, description]));
  expect(help).toMatchObject({
    num_epochs: "Times through the corpus; 1 if left out",
    learning_rate: "How far the weights are moved in a step, at most; 0.0005 if left out",
    max_seq_len: "Tokens of context; 512 if left out",
    freeze_embed: "Leave the token embedding as it is",
    pretrained_run_id: "A run whose weights this one starts from",
  });
  const { device } = TrainRequest.shape;
  const values = optionFacts(device).choices.map((value) => ({ name: value, value }));
  expect(train.options.find(({ name }) => name === "device")).toMatchObject({ choices: values });
});

test("each field of a request can be an option, in a length that Discord takes", () => {
  const options = [...train.options, ...trainModel.options, ...generate.options];
  for (const { description } of options) expect(description).toMatch(/^.{1,100}$/);
});
