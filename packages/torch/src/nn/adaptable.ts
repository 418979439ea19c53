import type { QuantizedWeight } from "../quantized-weight.js";
import type { Tensor } from "../tensor.js";

/** A layer that multiplies by a weight, or looks up its rows: the weight can be replaced after the model is built. */
export interface Quantizable {
  readonly weight: Tensor;
  /** True if the weight is stored (in, out) rather than (out, in). */
  readonly inOut: boolean;
  /** Is used in the weight's place. */
  quantized: QuantizedWeight | null;
}

/** A linear layer with the place where an adapter can be put after the model is built: `Params.adaptable` lists them. */
export interface Adaptable extends Quantizable {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Is added to the layer's output, by its input: (..., in) -> (..., out). */
  adapter: ((x: Tensor) => Tensor) | null;
}
