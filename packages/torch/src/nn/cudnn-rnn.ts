import { autocast, currentAutocast } from "../amp.js";
import type { Device } from "../dtype.js";
import { internalOp } from "../op.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** Makes the weights views of one new buffer, which it returns. */
const flattenWeights = internalOp<
  [
    weights: readonly Tensor[],
    perLayer: number,
    inputSize: number,
    mode: number,
    hiddenSize: number,
    projectionSize: number,
    layers: number,
    batchFirst: boolean,
    bidirectional: boolean,
  ],
  Tensor
>("aten::_cudnn_rnn_flatten_weight");

/** cuDNN's number for an LSTM. */
const LSTM = 2;
/** W_ih, W_hh, b_ih, b_hh. */
const WEIGHTS_PER_LAYER = 4;

export interface RnnShape {
  readonly inFeatures: number;
  readonly hidden: number;
  readonly layers: number;
}

/**
 * Lays an LSTM's weights side by side as cuDNN reads them; otherwise it copies them at each call. They stay the tensors that
 * they are, with their names, values and gradients, and become views of one buffer. Only on a GPU.
 */
export function flattenForCudnn(
  weights: readonly Tensor[],
  { inFeatures, hidden, layers }: RnnShape,
  device: Device,
  flatten: (...args: Parameters<typeof flattenWeights>) => Tensor = flattenWeights,
): void {
  if (!device.startsWith("cuda")) return;
  scope(() => noGrad(() => flatten(weights, WEIGHTS_PER_LAYER, inFeatures, LSTM, hidden, 0, layers, true, false)));
}

/**
 * Runs `fn` in float32 where autocast is on in bfloat16, else as it is. libtorch's autocast gives cuDNN's recurrent layers
 * float16 whichever half type was chosen, and without a scaled loss that loses small gradients.
 */
export function withoutBfloat16<T>(fn: () => T): T {
  const active = currentAutocast();
  return active?.dtype === "bfloat16" ? autocast({ ...active, enabled: false }, fn) : fn();
}
