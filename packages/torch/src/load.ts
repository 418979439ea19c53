import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";

import { findLibtorch, libtorchCpu } from "../libtorch/index.js";
import { builtAddon, prebuiltAddon, prebuiltPackage } from "./addon-path.js";
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

/** Kinds of products in bfloat16: our own kernel, MKL's, or none. */
export type Bf16Products = "" | "tiles" | "mkl";

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
  fastestBf16(): Bf16Products;
  bf16Products(kind: Bf16Products): Bf16Products;
  measureProducts(known: readonly string[] | null): void;
  measuredProducts(): string[] | null;
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

/** Loads the addon at `path`; the error of a missing or broken one says how to get it. */
export function load(path: string): Addon {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw unavailable(
      `the native part of @trainer/torch could not be loaded from ${path}; in a checkout run \`npm run bootstrap\` to ` +
        `build it, else install ${prebuiltPackage}, which npm leaves out with --omit=optional and where there is none for a machine`,
      cause,
    );
  }
  if (!isAddon(loaded)) {
    throw new TorchError("UNAVAILABLE", `${path} is not the native part of @trainer/torch; run \`npm run bootstrap\``);
  }
  loaded.setErrorClass(TorchError);
  return loaded;
}

/** Where an addon may be, and libtorch for one that does not know it. */
export interface Places {
  readonly built: string;
  readonly prebuilt: string | null;
  /** Folder of libtorch; null where it is not on this machine. */
  readonly libtorch: () => string | null;
}

/** Loads the addon that was built here, else the prebuilt one, once libtorch is in the process. */
export function loadFrom({ built, prebuilt, libtorch }: Places): Addon {
  if (existsSync(built) || prebuilt === null) return load(built);
  preload(libtorchCpu(found(libtorch)));
  return load(prebuilt);
}

function found(libtorch: Places["libtorch"]): string {
  let folder: string | null;
  try {
    folder = libtorch();
  } catch (cause) {
    throw unavailable(String(cause).replace(/^\w*Error: /, ""), cause);
  }
  if (folder !== null) return folder;
  throw new TorchError(
    "UNAVAILABLE",
    "libtorch is not on this machine yet: `npx model-trainer setup` fetches it, as fetchLibtorch() of " +
      "@trainer/torch/libtorch does; LIBTORCH names a copy, such as site-packages of a Python with torch",
  );
}

/** Numbers of RTLD_NODELETE, which Node does not tell: a library stays when its handle is closed. */
const NODELETE: Readonly<Record<string, number>> = { linux: 0x1000, darwin: 0x80 };

/**
 * Loads a library for all that are loaded later: a prebuilt addon names libtorch's libraries without a path, and the
 * loader takes those of that name that are in the process. Node opens any library, and then refuses what is no addon.
 */
function preload(path: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | Number(NODELETE[process.platform]));
  } catch (cause) {
    if (!String(cause).includes("did not self-register")) {
      throw unavailable(`libtorch could not be loaded from ${path}; remove its folder and fetch it again`, cause);
    }
  }
}

const unavailable = (message: string, cause: unknown): TorchError =>
  new TorchError("UNAVAILABLE", message, undefined, undefined, { cause });

spinBriefly(process.env);
fixWorkspace(process.env);

export const addon = loadFrom({ built: builtAddon, prebuilt: prebuiltAddon(), libtorch: findLibtorch });
