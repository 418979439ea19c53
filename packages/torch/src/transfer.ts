import type { Device } from "./dtype.js";
import { addon } from "./load.js";
import * as ops from "./ops.js";
import { keep } from "./scope.js";
import type { Tensor } from "./tensor.js";

const isCuda = (device: Device): boolean => device.startsWith("cuda");

/**
 * The tensor on `device`, itself where it is there already. To a GPU it goes from pinned memory and is only queued: the
 * host does not wait, and what the GPU is given afterwards finds it there.
 */
export function sendTo(t: Tensor, device: Device): Tensor {
  const from = isCuda(device) && t.device === "cpu" ? ops.pinMemory(t) : t;
  return ops.to(from, undefined, undefined, device, undefined, true);
}

/** Memory of the host that a GPU writes to by itself. */
export const pinnedLike = ({ shape, dtype }: Tensor): Tensor => ops.empty(shape, dtype, undefined, "cpu", true);

/** Allocates the destination of a tensor's elements; null for a CPU, whose memory is read in place. */
export const bufferFor = (device: Device): typeof pinnedLike | null => (isCuda(device) ? pinnedLike : null);

/** Marks what a device has been given so far; calling the result waits until that is done. */
export function mark(device: Device): () => void {
  const event = addon.recordEvent(device);
  return () => {
    addon.waitEvent(event);
    addon.disposeEvent(event);
  };
}

/** A tensor's elements on their way from its device: the copy is queued, and waited for only where they are read. */
export class Readback {
  readonly #read: () => number[];
  #values: number[] | null = null;

  constructor(t: Tensor, buffer: ((like: Tensor) => Tensor) | null = bufferFor(t.device)) {
    if (buffer === null) {
      const values = Array.from(t.data(), Number);
      this.#read = () => values;
      return;
    }
    const host = keep(buffer(t));
    ops.copy_(host, t.detach(), true);
    const wait = mark(t.device);
    this.#read = () => {
      wait();
      const values = Array.from(host.data(), Number);
      host.dispose();
      return values;
    };
  }

  /** The elements in row-major order; the first call waits for them. */
  values(): readonly number[] {
    return (this.#values ??= this.#read());
  }
}

/** Gives back what a GPU's allocator keeps for reuse; elsewhere nothing is kept. */
export function emptyCache(device: Device): void {
  addon.emptyCache(device);
}
