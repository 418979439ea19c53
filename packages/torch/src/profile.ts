import { type DeviceCosts, deviceCosts, type DeviceTrace, type DeviceWork } from "./device-trace.js";
import type { Device } from "./dtype.js";
import { addon } from "./load.js";

/** Cost of one operator during a profile. */
export interface OperatorCost {
  /** Name in libtorch's dispatcher or the autograd engine: `aten::add`, `trainer::product`, `AddBackward0`. */
  readonly name: string;
  /** Rows x depth x columns of a matrix product, else empty. */
  readonly shape: string;
  readonly calls: number;
  /** Time in the calling thread, without the operators that it calls; on a GPU that of launching. */
  readonly ms: number;
  /** Additions and multiplications of matrix products, attention and recurrences. */
  readonly flops: number;
  /** Bytes of its inputs and outputs: the least traffic. */
  readonly bytes: number;
  /** A GPU's time for it, without the operators that it calls; 0 if none was seen. */
  readonly deviceMs: number;
  /** Number of those kernels, copies and fills. */
  readonly kernels: number;
}

export interface Profile<T> {
  readonly result: T;
  /** Time until the device had finished. */
  readonly ms: number;
  /** The dearest first: in the device's time where it was seen. */
  readonly operators: readonly OperatorCost[];
  /** Null without a GPU, and where its work could not be seen. */
  readonly device: DeviceCosts | null;
  /** Reason why a GPU's work could not be seen; null if it was, and without a GPU. */
  readonly unseen: string | null;
}

/**
 * Runs `f` and tells what the operators cost that it called in this thread, gradients included. Each is slowed by some
 * microseconds. On a GPU its own times are taken too, by libtorch's profiler, through CUPTI; calls of CUDA stay somewhat
 * slower in this process from then on.
 */
export function profile<T>(f: () => T, device: Device = "cpu"): Profile<T> {
  addon.profileBegin(device.startsWith("cuda"));
  let ended: ReturnType<typeof addon.profileEnd>;
  let result: T;
  try {
    result = f();
  } finally {
    ended = addon.profileEnd();
  }
  const [ns, rows, trace] = ended;
  const operators = rows.map(([name, shape, calls, ns, flops, bytes]) => {
    return { name, shape, calls, ms: ns / 1e6, flops, bytes, deviceMs: 0, kernels: 0 };
  });
  return { result, ms: ns / 1e6, ...withDevice(operators, trace) };
}

/** Operators with the device's work for them, if its trace has any. */
export function withDevice(
  operators: readonly OperatorCost[],
  trace: DeviceTrace | string | null,
): Omit<Profile<unknown>, "result" | "ms"> {
  const seen = trace === null || typeof trace === "string" ? null : deviceCosts(trace);
  if (seen === null) {
    const unseen = trace === null || typeof trace === "string" ? trace : NOTHING;
    return { operators: operators.toSorted((a, b) => b.ms - a.ms), device: null, unseen };
  }
  const work = new Map(seen.work.map((row) => [keyOf(row), row]));
  const known = new Set(operators.map(keyOf));
  const all = [
    ...operators.map((operator) => joined(operator, work.get(keyOf(operator)))),
    ...seen.work.filter((row) => !known.has(keyOf(row))).map((row) => joined(UNCALLED, row)),
  ];
  return {
    operators: all.toSorted((a, b) => b.deviceMs - a.deviceMs || b.ms - a.ms),
    device: seen.costs,
    unseen: null,
  };
}

/** Work outside of operators, such as a graph of kernels. */
const UNCALLED: OperatorCost = { name: "", shape: "", calls: 0, ms: 0, flops: 0, bytes: 0, deviceMs: 0, kernels: 0 };

function joined(operator: OperatorCost, work: DeviceWork | undefined): OperatorCost {
  if (work === undefined) return operator;
  const { name, shape, ms: deviceMs, kernels } = work;
  return { ...operator, name, shape, deviceMs, kernels };
}

const NOTHING = "CUPTI told of nothing: it is missing, or may not be used in this container";

const keyOf = ({ name, shape }: Pick<DeviceWork, "name" | "shape">): string => `${name} ${shape}`;
