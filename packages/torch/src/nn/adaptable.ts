import type { Tensor } from "../tensor.js";

/** A linear layer with the place where an adapter can be put after the model is built: `Params.adaptable` lists them. */
export interface Adaptable {
  readonly weight: Tensor;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Whether the weight is stored (in, out) rather than (out, in). */
  readonly inOut: boolean;
  /** Is added to the layer's output, by its input: (..., in) -> (..., out). */
  adapter: ((x: Tensor) => Tensor) | null;
}
