import { init, ones, Params, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { hiddenMatrices, makeOptimizer, trainable } from "./optimizer.js";
import type { TrainOptions } from "../options/options.js";

type Asked = Omit<Parameters<typeof makeOptimizer>[2], "optimizer">;
const asked: Asked = {
  weightDecay: null,
  beta1: 0.9,
  beta2: 0.999,
  muonMomentum: 0.95,
  nsSteps: 5,
  learningRate: 0.1,
  matrixLr: null,
  pretrainedRunId: null,
  finetuneLrCap: 5e-5,
};

/** Value of a parameter of one after a step with a gradient of one. */
function afterStep(optimizer: TrainOptions["optimizer"], weightDecay: number | null): number {
  const p = new Params().param("w", [1], (t) => t.fill_(1));
  const made = makeOptimizer(new Map<string, Tensor>([["w", p]]), 0.1, { ...asked, optimizer, weightDecay }, ones([1]));
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

/** Distances that Muon moves a hidden matrix and a bias at a learning rate of 0.1. */
function movedByMuon(options: Partial<Asked>): readonly number[] {
  const params = new Params();
  const ps = [params.param("h.w", [1, 1], init.zeros), params.param("h.b", [1], init.zeros)];
  const made = makeOptimizer(params.named(), 0, { ...asked, ...options, optimizer: "muon" }, ones([1]));
  for (const p of ps) p.grad = ones(p.shape);
  made.lr = 0.1;
  made.step();
  return ps.map((p) => -p.item());
}

test("hidden matrices have a learning rate of their own, which follows the others' and has the same cap", () => {
  const [usual = 0, bias = 0] = movedByMuon({});
  expect(bias).toBeCloseTo(0.1, 5);
  expect(movedByMuon({ matrixLr: 0.3 })).toEqual([expect.closeTo(3 * usual, 5), bias]);
  expect(movedByMuon({ matrixLr: 0.3, pretrainedRunId: "base" })).toEqual([usual, bias]); // both are at the cap
  expect(movedByMuon({ matrixLr: 2.5e-5, pretrainedRunId: "base" })).toEqual([expect.closeTo(usual / 2, 5), bias]);
  expect(movedByMuon({ matrixLr: 0.3, learningRate: 0 })).toEqual([usual, bias]);
});

test("hidden matrices are the layers' weights, and neither embeddings, positions, the head, norms nor biases", () => {
  const params = new Params();
  const matrix = (name: string) => params.param(name, [2, 2], init.zeros);
  for (const name of ["transformer.wte.weight", "transformer.wpe.weight", "embedding.weight"]) matrix(name);
  for (const name of ["h.0.mlp.c_proj.weight", "lstm.weight_hh_l0"]) matrix(name);
  params.param("h.0.ln_1.weight", [2], init.ones);
  const head = matrix("proj.weight");
  expect([...hiddenMatrices(params.named(), head).keys()]).toEqual(["h.0.mlp.c_proj.weight", "lstm.weight_hh_l0"]);
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
