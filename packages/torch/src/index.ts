export { autocast, type AutocastOptions } from "./amp.js";
export { grad } from "./autograd.js";
export { copyState } from "./copy-state.js";
export {
  arange,
  cat,
  empty,
  fromBits,
  fromFile,
  full,
  ones,
  rand,
  randint,
  randn,
  type RandomOptions,
  randperm,
  stack,
  tensor,
  type TensorOptions,
  where,
  zeros,
  zerosLike,
} from "./create.js";
export * from "./capabilities.js";
export { cudaQueue, type DeviceQueue, eagerQueue, type GraphOperators, type Recording } from "./device-queue.js";
export type { DeviceCosts, KernelCost } from "./device-trace.js";
export { bytesOf, type Device, type DType, dtypes, isDType, type TypedArray } from "./dtype.js";
export { TorchError, type TorchErrorCode } from "./errors.js";
export * from "./functional.js";
export * from "./fused/index.js";
export * as init from "./init.js";
export { QuantizedWeight, weightTypes, type WeightType } from "./quantized-weight.js";
export {
  linearCrossEntropy,
  linearCrossEntropyReference,
  linearCrossEntropyRows,
  softcapped,
} from "./linear-cross-entropy.js";
export { type MachineLimits, machineLimits } from "./machine-limits.js";
export * as nn from "./nn/index.js";
export { op } from "./op.js";
export * as aten from "./ops.js";
export * from "./optim/index.js";
export { type Init, Params } from "./params.js";
export { dieWithParent } from "./parent.js";
export { type OperatorCost, type Profile, profile } from "./profile.js";
export { Generator, getRngState, manualSeed, markGenerators, setRngState } from "./random.js";
export {
  allowBf16Products,
  allowTf32,
  hasFastBf16,
  measuredProducts,
  measureProducts,
  type CudaMemory,
  type Devices,
  devices,
  libtorchVersion,
  type MemoryStats,
  memoryStats,
  releaseMemory,
  numThreads,
  resetPeakMemory,
  setDeterministic,
  setNumInteropThreads,
  setNumThreads,
} from "./runtime.js";
export {
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  writeSafetensors,
  type WrittenFile,
} from "./safetensors.js";
export { enableGrad, isGradEnabled, keep, noGrad, scope } from "./scope.js";
export { hearOnce } from "./signals.js";
export { type Each, Tape } from "./tape.js";
export { type Nested, Tensor } from "./tensor.js";
export { emptyCache, Readback, sendTo } from "./transfer.js";
