import { matching } from "@trainer/testing";
import { TorchError } from "@trainer/torch";
import { expect, test } from "vitest";
import { TrainingError } from "../errors.js";
import { preparationFailure, stepFailure, withMemory } from "./out-of-memory.js";

const size = { device: "cuda", batchSize: 32, gradAccumSteps: 2, activationCheckpointing: false } as const;
const cuda = new TorchError("OUT_OF_MEMORY", "CUDA out of memory. Tried to allocate 2.00 GiB.", "aten::mm");

test("a step for which memory does not suffice fails with the batch size to try", () => {
  expect(stepFailure(cuda, size)).toMatchObject({
    code: "CUDA_OOM",
    failureClass: "USER_INPUT",
    message:
      "batches of 32 do not fit: try a batch size of 16 with 4 batches a step, which learns the same, or activation " +
      "checkpointing (TorchError: CUDA out of memory. Tried to allocate 2.00 GiB.)",
    cause: cuda,
  });
  const onCpu = stepFailure(cuda, { ...size, device: "cpu", activationCheckpointing: true });
  expect(onCpu.code).toBe("TRAINING_OOM");
  expect(onCpu.message).toBe(
    "batches of 32 do not fit: try a batch size of 16 with 4 batches a step, which learns the same (TorchError: CUDA " +
      "out of memory. Tried to allocate 2.00 GiB.)",
  );
  expect(stepFailure(cuda, { ...size, batchSize: 5 }).message).toMatch(
    /^batches of 5 do not fit: try a batch size of 2 with 4 batches a step, or activation/, // eight sequences, not ten
  );
  expect(stepFailure(cuda, { ...size, batchSize: 1 }).message).toMatch(/^not even a batch of one sequence fits/);
});

test("any other failure stays what it is", () => {
  expect(stepFailure(new Error("no"), size)).toMatchObject({ code: "INTERNAL_ERROR", message: "no" });
});

test("memory that does not suffice for what a run begins with is said with what needs less", () => {
  expect(preparationFailure(cuda, "cuda")).toMatchObject({
    code: "CUDA_OOM",
    failureClass: "USER_INPUT",
    message: matching(/^the weights and the optimizer's state do not fit.*smaller model.*CUDA out of memory/),
    cause: cuda,
  });
  expect(preparationFailure(cuda, "cpu")).toMatchObject({ code: "TRAINING_OOM" });
  const [other, own] = [new Error("no"), new TrainingError("CUDA_OOM", "not even one sequence")];
  expect([preparationFailure(other, "cuda"), preparationFailure(own, "cuda")]).toEqual([other, own]);
});

test("only for want of memory something is tried again", () => {
  let tries = 0;
  const failing = (error: Error) => () => {
    tries += 1;
    if (tries === 1) throw error;
    return tries;
  };
  expect(() => withMemory(failing(new Error("no")), () => {})).toThrow("no");
  tries = 0;
  expect(withMemory(failing(cuda), () => {})).toBe(2);
});
