import { expect, test } from "vitest";
import { differences } from "./differences.js";

test("what differs is told field by field, also within a field, and what is missing is null", () => {
  const one = { seed: 1, run_id: "a", batch_size: 4, model_config: { n_embd: 16, n_layer: 1 }, corpus: ["x"] };
  const two = { seed: 1, run_id: "b", batch_size: 8, model_config: { n_embd: 32, n_layer: 1 }, corpus: ["x"], lora: 4 };
  expect(differences([one, two])).toEqual({
    batch_size: [4, 8],
    "model_config.n_embd": [16, 32],
    lora: [null, 4],
  });
  expect(differences([one, one])).toEqual({});
});
