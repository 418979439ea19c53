import { ones, Params, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { makeOptimizer, trainable } from "./optimizer.js";
import type { TrainOptions } from "../options/options.js";

/** Value of a parameter of one after a step with a gradient of one. */
function afterStep(optimizer: TrainOptions["optimizer"], weightDecay: number | null): number {
  const p = new Params().param("w", [1], (t) => t.fill_(1));
  const made = makeOptimizer(new Map<string, Tensor>([["w", p]]), 0.1, {
    optimizer,
    weightDecay,
    beta1: 0.9,
    beta2: 0.999,
  });
  p.grad = ones([1]);
  made.step();
  return p.item();
}

test("each optimizer takes its own step, decaying weights as PyTorch does unless told otherwise", () => {
  expect(afterStep("adamw", null)).toBeCloseTo(1 - 0.1 - 0.1 * 0.01, 5);
  expect(afterStep("adamw", 0.5)).toBeCloseTo(1 - 0.1 - 0.1 * 0.5, 5);
  expect(afterStep("adam", null)).toBeCloseTo(0.9, 5);
  expect(afterStep("adam", 0.5)).toBeCloseTo(0.9, 5); // the decay joins the gradient, of which only the sign shows
  expect(afterStep("sgd", null)).toBeCloseTo(0.9, 5);
  expect(afterStep("sgd", 0.5)).toBeCloseTo(1 - 0.1 * 1.5, 5);
});

test("frozen embeddings are the token embeddings of any family, and not the positions", () => {
  const params = new Params();
  const names = [
    "transformer.wte.weight",
    "transformer.wpe.weight",
    "model.embed_tokens.weight",
    "Embedding.weight",
    "h.0.w",
  ];
  for (const name of names) params.param(name, [1], () => {});
  expect([...trainable(params.named(), true).keys()]).toEqual(["transformer.wpe.weight", "h.0.w"]);
  expect(params.named().get("transformer.wte.weight")?.requiresGrad).toBe(false);
  expect(trainable(params.named(), false).size).toBe(5);
});
