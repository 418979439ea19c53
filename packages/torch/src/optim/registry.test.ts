import { expect, test } from "vitest";
import { addOptimizerInfo, isOptimizer, optimizerInfo, optimizerNames, optimizers } from "../capabilities.js";
import { ones } from "../create.js";
import { Params } from "../params.js";
import { loadOptimizer, makeOptimizer, registerOptimizer } from "./registry.js";
import { SGD } from "./sgd.js";

/** Value of a parameter of one after a step with a gradient of one. */
function afterStep(name: string): number {
  const params = new Params();
  const p = params.param("w", [1], (t) => t.fill_(1));
  const optimizer = makeOptimizer(name, params.named(), { lr: 0.1, betas: [0.9, 0.999], weightDecay: null });
  p.grad = ones([1]);
  optimizer.step();
  return p.item();
}

test("an optimizer that is registered is listed and made like those of the package", () => {
  registerOptimizer("plain", { title: "Plain", moments: 0 }, (params, { lr }) => new SGD(params, { lr: 2 * lr }));
  expect(afterStep("plain")).toBeCloseTo(0.8, 5);
  expect(optimizerNames()).toEqual(["adamw", "adam", "sgd", "muon", "schedule_free", "plain"]);
  expect(optimizers().get("plain")).toEqual({ title: "Plain", moments: 0 });
  expect([isOptimizer("plain"), isOptimizer("lion"), isOptimizer(3)]).toEqual([true, false, false]);
});

test("the code of one that is known by its name is loaded when it is needed, once", async () => {
  let loads = 0;
  const loadCode = async () => {
    loads += 1;
    registerOptimizer("late", { title: "unused", moments: 9 }, (params, { lr }) => new SGD(params, { lr }));
  };
  addOptimizerInfo("late", { title: "Late", moments: 1, loadCode });
  expect(() => afterStep("late")).toThrow('the code of the optimizer "late" is not loaded');
  await loadOptimizer("late");
  await loadOptimizer("late");
  expect(afterStep("late")).toBeCloseTo(0.9, 5);
  expect([loads, optimizerInfo("late").title, optimizerInfo("late").moments]).toEqual([1, "Late", 1]);
});

test("a taken name is refused, and one that nobody has with those there are", async () => {
  const make = () => new SGD(new Map());
  expect(() => registerOptimizer("sgd", { title: "Mine", moments: 0 }, make)).toThrow('an optimizer "sgd" already');
  expect(() => addOptimizerInfo("sgd", { title: "Mine", moments: 0 })).toThrow('an optimizer "sgd" already');
  expect(() => afterStep("lion")).toThrow('no optimizer "lion"; there are: adamw, adam, sgd');
  await expect(loadOptimizer("lion")).rejects.toThrow('no optimizer "lion"');
});

test("Muon moves the matrices that are named, or all there are", () => {
  const moved = (matrices?: ReadonlySet<string>) => {
    const params = new Params();
    for (const name of ["a", "b"]) params.param(name, [2, 2], (t) => t.fill_(0));
    params.param("bias", [2], (t) => t.fill_(0));
    const optimizer = makeOptimizer("muon", params.named(), {
      lr: 1,
      betas: [0.9, 0.999],
      weightDecay: null,
      matrices,
    });
    return [...optimizer.state().keys()].filter((name) => name.startsWith("momentum_buffer"));
  };
  expect(moved()).toEqual(["momentum_buffer.a", "momentum_buffer.b"]);
  expect(moved(new Set(["b"]))).toEqual(["momentum_buffer.b"]);
});
