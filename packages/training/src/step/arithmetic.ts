import { allowTf32, resetPeakMemory, setDeterministic } from "@trainer/torch";
import type { Compute } from "./precision.js";

/**
 * Sets how a GPU computes for a run until it is disposed of, backward passes included: the process may train others after
 * it. The run's peak of memory begins here.
 */
export function setArithmetic({ device, precision }: Compute, deterministic: boolean): Disposable {
  resetPeakMemory();
  const tf32 = allowTf32(precision !== "fp32");
  const before = setDeterministic(deterministic && device === "cuda"); // a CPU computes the same each time anyway
  return {
    [Symbol.dispose]() {
      allowTf32(tf32);
      setDeterministic(before);
    },
  };
}
