import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import type { DeviceTrace } from "./device-trace.js";
import type { Device } from "./dtype.js";
import { TorchError } from "./errors.js";
import { fixWorkspace } from "./cublas.js";
import { spinBriefly } from "./openmp.js";

/** A native slot's number. Only `Tensor` and `Generator` hold them. */
export type Handle = number;

/** An operator as the addon resolved it: one letter an argument and a result (T tensor, L list of them, G generator). */
export interface Resolved {
  readonly call: (...args: unknown[]) => unknown;
  readonly arguments: string;
  readonly returns: string;
  readonly names: readonly string[];
  readonly schema: string;
}

/** The addon's exports; each refuses wrong arguments with a TorchError. */
export interface Addon {
  resolve(name: string): Resolved;
  setErrorClass(constructor: typeof TorchError): void;
  scopeBegin(): number;
  scopeEnd(keep: readonly Handle[]): void;
  keep(handle: Handle): void;
  dispose(handle: Handle): boolean;
  liveTensors(): number;
  shape(handle: Handle): number[];
  dtype(handle: Handle): string;
  device(handle: Handle): Device;
  ndim(handle: Handle): number;
  numel(handle: Handle): number;
  size(handle: Handle, dim: number): number;
  isContiguous(handle: Handle): boolean;
  requiresGrad(handle: Handle): boolean;
  setRequiresGrad(handle: Handle, on: boolean): void;
  grad(handle: Handle): Handle | null;
  setGrad(handle: Handle, gradient: Handle | null): void;
  backward(handle: Handle, gradient: Handle | null, retainGraph: boolean): void;
  gradients(handle: Handle, inputs: readonly Handle[], retainGraph: boolean): (Handle | null)[];
  item(handle: Handle): number;
  fromBytes(array: ArrayBufferView, shape: readonly number[], dtype: string): Handle;
  toBytes(handle: Handle, array: ArrayBufferView): void;
  memoryOf(handle: Handle): ArrayBuffer;
  manualSeed(seed: number | bigint): void;
  makeGenerator(seed: number | bigint, device: string): Handle;
  disposeGenerator(handle: Handle): boolean;
  getState(generator: Handle | string): Handle;
  setState(generator: Handle | string, state: Handle): void;
  gradEnabled(): boolean;
  setGradEnabled(on: boolean): void;
  releaseMemory(): void;
  numThreads(): number;
  setNumThreads(n: number): void;
  setNumInteropThreads(n: number): void;
  autocastBegin(device: string, dtype: string, on: boolean): [boolean, string];
  autocastEnd(device: string, dtype: string, on: boolean): void;
  allowTf32(on: boolean): boolean;
  setDeterministic(on: boolean): boolean;
  cudaMemory(): [allocated: number, peakAllocated: number, reserved: number, peakReserved: number] | null;
  resetCudaPeak(): void;
  cudaDevices(): [
    names: string[],
    bytes: number[],
    capabilities: [major: number, minor: number][],
    reason: string | null,
  ];
  gpuKernels(): [used: boolean, reason: string, device: "cpu" | "cuda"];
  libtorchVersion(): string;
  recordEvent(device: string): Handle;
  waitEvent(event: Handle): void;
  disposeEvent(event: Handle): boolean;
  emptyCache(device: string): void;
  profileBegin(trace: boolean): void;
  profileEnd(): [
    ns: number,
    operators: [name: string, shape: string, calls: number, ns: number, flops: number, bytes: number][],
    trace: DeviceTrace | string | null,
  ];
  hearOnce(signal: number, echoMs: number): void;
  dieWithParent(pid: number): void;
  cpuCapability(): string;
}

function isAddon(value: unknown): value is Addon {
  return typeof value === "object" && value !== null && "resolve" in value && typeof value.resolve === "function";
}

/** Loads the addon at `url`; the error of a missing or broken one names the command that builds it. */
export function load(url: URL): Addon {
  const path = fileURLToPath(url);
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new TorchError(
      "UNAVAILABLE",
      `the native part of @trainer/torch could not be loaded from ${path}; run \`npm run bootstrap\` to build it`,
      undefined,
      undefined,
      { cause },
    );
  }
  if (!isAddon(loaded)) {
    throw new TorchError("UNAVAILABLE", `${path} is not the native part of @trainer/torch; run \`npm run bootstrap\``);
  }
  loaded.setErrorClass(TorchError);
  return loaded;
}

// The build with sanitizers is beside the ordinary one: `npm run test:sanitize` names its folder.
const build = process.env["TRAINER_NATIVE_BUILD"] ?? "build";

spinBriefly(process.env);
fixWorkspace(process.env);

export const addon = load(new URL(`../${build}/torch.node`, import.meta.url));
