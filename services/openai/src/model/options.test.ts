import { expect, test } from "vitest";
import { steeringOf } from "./options.js";

test("a bias is by an id of the model, however that is written, and of none other", () => {
  const logit_bias = { "7": 1, "009": 2, "10": 3, "99999999999999999999999": 4 };
  expect([...steeringOf({ model: "m", logit_bias }, null, 10).logitBias]).toEqual([
    [7, 1],
    [9, 2],
  ]);
});
