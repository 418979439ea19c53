import { optionFacts, snake, TrainOptions } from "@trainer/options";
import { expect, test } from "vitest";
import { settingsOf, shown } from "./settings-of.js";

test("what differs from the defaults is told by the options themselves", () => {
  const defaults = Object.fromEntries(
    Object.entries(TrainOptions.shape).map(([key, option]) => [snake(key), optionFacts(option).default]),
  );
  expect(settingsOf(defaults).filter(({ differs }) => differs)).toEqual([]);
  const changed = settingsOf({
    ...defaults,
    batch_size: 8,
    model_config: { n_embd: 12 },
    corpus_path: "/x",
    run_id: "r",
  });
  expect(changed.filter(({ differs }) => differs).map(({ name }) => name)).toEqual(["model_config", "batch_size"]);
  expect(changed.find(({ name }) => name === "batch_size")).toMatchObject({ group: "Training", preset: 4, value: 8 });
});

test("a setting that is no option any more is shown at the end", () => {
  expect(settingsOf({ retired: 1, batch_size: 4 }).map(({ name, group }) => [name, group])).toEqual([
    ["batch_size", "Training"],
    ["retired", "Other"],
  ]);
});

test("values are words", () => {
  const values = [null, undefined, true, false, [], ["a", 1], {}, { n: 1, m: null }, 0.5, "x"];
  expect(values.map(shown)).toEqual([
    "left out",
    "left out",
    "on",
    "off",
    "none",
    "a, 1",
    "none",
    "n 1, m left out",
    "0.5",
    "x",
  ]);
});
