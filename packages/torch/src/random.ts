import type { Device } from "./dtype.js";
import { addon, type Handle } from "./load.js";
import { GeneratorSlot } from "./op.js";

const registry = new FinalizationRegistry<Handle>(addon.disposeGenerator);

/** Seeds the default generators of every device, for all threads of the process. */
export function manualSeed(seed: number | bigint): void {
  addon.manualSeed(seed);
}

/** A stream of random numbers of its own, passed to the operators that draw. */
export class Generator extends GeneratorSlot implements Disposable {
  readonly generatorHandle: Handle;

  constructor(seed: number | bigint, device: Device = "cpu") {
    super();
    this.generatorHandle = addon.makeGenerator(seed, device);
    registry.register(this, this.generatorHandle);
  }

  getState(): Uint8Array {
    return stateOf(this.generatorHandle);
  }

  setState(state: Uint8Array): void {
    restore(this.generatorHandle, state);
  }

  dispose(): void {
    addon.disposeGenerator(this.generatorHandle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The state of a device's default generator. */
export function getRngState(device: Device = "cpu"): Uint8Array {
  return stateOf(device);
}

/** Puts a state of `getRngState` back: the numbers drawn next are those drawn then. */
export function setRngState(state: Uint8Array, device: Device = "cpu"): void {
  restore(device, state);
}

/** Marks where the default generators of some devices are; calling the result winds them back to that. */
export function markGenerators(devices: Iterable<Device>): () => void {
  const states = [...new Set(devices)].map((device) => ({ device, state: getRngState(device) }));
  return () => {
    for (const { device, state } of states) setRngState(state, device);
  };
}

function stateOf(generator: Handle | string): Uint8Array {
  const handle = addon.getState(generator);
  const bytes = new Uint8Array(addon.numel(handle));
  addon.toBytes(handle, bytes);
  addon.dispose(handle);
  return bytes;
}

function restore(generator: Handle | string, state: Uint8Array): void {
  const handle = addon.fromBytes(state, [state.length], "uint8");
  try {
    addon.setState(generator, handle);
  } finally {
    addon.dispose(handle);
  }
}
