import { TorchError } from "@trainer/torch";
import { expect, test } from "vitest";
import { stepFailure } from "./out-of-memory.js";

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
  expect(onCpu.message).not.toContain("checkpointing");
  expect(stepFailure(cuda, { ...size, batchSize: 1 }).message).toMatch(/^not even a batch of one sequence fits/);
});

test("any other failure stays what it is", () => {
  expect(stepFailure(new Error("no"), size)).toMatchObject({ code: "INTERNAL_ERROR", message: "no" });
});
