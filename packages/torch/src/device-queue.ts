import { TorchError } from "./errors.js";
import * as kernels from "./fused/kernels.js";
import { scope } from "./scope.js";
import type { Tensor } from "./tensor.js";
import { Readback } from "./transfer.js";

/** Work on a device that was recorded once: it is done again, on the same tensors, by one call. */
export interface Recording extends Disposable {
  replay(): void;
}

/** A device that is given work ahead of what is read back from it. */
export interface DeviceQueue {
  /**
   * Records `work` on tensors. It runs a few times first, unless `warm` says that its like has run already, and must
   * not read anything back. Its inputs must outlive the recording; tensors that it makes are the recording's own.
   */
  record(work: () => void, options?: { readonly warm?: boolean }): Recording;
  /** Begins to copy numbers to the host, behind all work so far; what is returned waits for them. */
  read(numbers: Tensor): () => readonly number[];
}

function read(numbers: Tensor): () => readonly number[] {
  const back = new Readback(numbers);
  return () => back.values();
}

/** Operators that record graphs; from trainer-cuda.so. */
export interface GraphOperators {
  readonly graphBegin: typeof kernels.graphBegin;
  readonly graphCapture: typeof kernels.graphCapture;
  readonly graphEnd: typeof kernels.graphEnd;
  readonly graphAbort: typeof kernels.graphAbort;
  readonly graphReplay: typeof kernels.graphReplay;
  readonly graphFree: typeof kernels.graphFree;
}

/** Libraries choose their kernels and take their workspaces in the first runs, which a graph must not hold. */
const WARM_UPS = 2;

/** A GPU, with CUDA graphs as recordings. */
export function cudaQueue(native: GraphOperators = kernels): DeviceQueue {
  return {
    record(work, { warm = false } = {}) {
      const id = native.graphBegin();
      try {
        for (let i = warm ? WARM_UPS : 0; i < WARM_UPS; i += 1) scope(work);
        native.graphCapture(id);
        scope(work);
        native.graphEnd(id);
      } catch (error) {
        native.graphAbort(id);
        throw error;
      }
      return { replay: () => native.graphReplay(id), [Symbol.dispose]: () => native.graphFree(id) };
    },
    read,
  };
}

/** A queue that runs everything at once, on any device: the reference for a recording. */
export const eagerQueue: DeviceQueue = {
  record(work) {
    let disposed = false;
    return {
      replay() {
        if (disposed) throw new TorchError("DISPOSED", "the recording has been disposed of");
        scope(work);
      },
      [Symbol.dispose]() {
        disposed = true;
      },
    };
  },
  read,
};
