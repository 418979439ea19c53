import type { StepProfile } from "@trainer/training";
import { formatCount } from "../display/quantity.js";

type DeviceCosts = NonNullable<StepProfile["device"]>;

/** Kernels that get a row of their own. */
const SHOWN = 12;

/** The dearest kernels of a step, and what share each has of the time that the GPU is busy. */
export function kernelRows({ kernels, busyMs }: DeviceCosts): string[][] {
  const [shown, others] = [kernels.slice(0, SHOWN), kernels.slice(SHOWN)];
  const rest = {
    name: "other kernels",
    count: others.reduce((sum, { count }) => sum + count, 0),
    ms: others.reduce((sum, { ms }) => sum + ms, 0),
  };
  const rows = others.length === 0 ? shown : [...shown, rest];
  return [
    ["kernel", "count", "GPU ms", "of busy"],
    ...rows.map(({ name, count, ms }) => [
      kernelName(name),
      formatCount(count),
      ms.toFixed(2),
      `${((100 * ms) / busyMs).toFixed(1)} %`,
    ]),
  ];
}

/** Characters of a kernel's name that are shown. */
const LENGTH = 72;

/**
 * A kernel's short name: without result type, parameters, namespaces and the numbers of lambdas. `void
 * at::native::(anonymous namespace)::f<4, at::native::G<float>>(int)` is `f<4, G<float>>`.
 */
export function kernelName(full: string): string {
  if (/^Mem(cpy|set) /.test(full)) return full; // "Memcpy DtoH (Device -> Pinned)"
  let name = full.replaceAll("(anonymous namespace)::", "").replace(/^void /, "");
  // Parameter lists, innermost first: those of lambdas are inside template arguments.
  for (let before = ""; before !== name;) {
    before = name;
    name = name.replaceAll(/\([^()]*\)( const)?/g, "");
  }
  name = name
    .replaceAll(/::(\{lambda[^{}]*\}|operator)/g, "")
    .replaceAll(/\b\w+::/g, "")
    .replaceAll(" >", ">");
  return name.length > LENGTH ? `${name.slice(0, LENGTH - 1)}…` : name;
}
