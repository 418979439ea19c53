import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { expect, test } from "vitest";

import { ones } from "./index.js";

// Workers run plain JavaScript on the addon itself: each has its own tensors, scopes and grad mode.

const path = JSON.stringify(
  fileURLToPath(new URL(`../${process.env["TRAINER_NATIVE_BUILD"] ?? "build"}/torch.node`, import.meta.url)),
);
const prelude = `
const { parentPort } = require("node:worker_threads");
const torch = require(${path});
torch.setErrorClass(Error);
const make = (shape) => torch.fromBytes(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape, "float32");
const mm = torch.resolve("aten::mm").call;
const sum = torch.resolve("aten::sum").call;
`;

const start = (code: string) => new Worker(prelude + code, { eval: true });

const messageOf = (worker: Worker) =>
  new Promise<unknown>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the worker ended without a message")));
  });

test("two workers compute at once, each with handles of its own", async () => {
  const workers = [1, 2].map((n) =>
    start(`
      torch.setGradEnabled(false);
      let total = 0;
      for (let i = 0; i < 300; i++) {
        torch.scopeBegin();
        total += torch.item(sum(mm(make([8, 8]), make([8, ${n}]))));
        torch.scopeEnd([]);
      }
      parentPort.postMessage([total, torch.liveTensors(), torch.gradEnabled()]);`),
  );
  const results = await Promise.all(workers.map(messageOf));
  expect(results).toEqual([
    [300 * 64, 0, false],
    [300 * 128, 0, false],
  ]);
  const x = ones([1]);
  x.requiresGrad = true;
  expect(x.mul(2).requiresGrad).toBe(true);
});

test("a handle of one thread is nothing in another", async () => {
  ones([1]);
  const worker = start(`try { torch.shape(${2 ** 24}); } catch (e) { parentPort.postMessage(String(e)); }`);
  expect(await messageOf(worker)).toMatch(/DISPOSED/);
});

test("a worker that is terminated in the middle of its work takes nobody with it", async () => {
  for (let i = 0; i < 3; i++) {
    const worker = start(`
      torch.scopeBegin();
      const a = make([64, 64]);
      torch.setRequiresGrad(a, true);
      parentPort.postMessage("working");
      for (;;) { const loss = sum(mm(a, a)); torch.backward(loss, null, false); torch.dispose(loss); }`);
    await messageOf(worker);
    expect(await worker.terminate()).toBe(1);
  }
  expect(ones([2]).sum().item()).toBe(2);
});
