import { empty } from "./create.js";
import { TorchError } from "./errors.js";
import { linear } from "./functional.js";
import * as kernels from "./fused/kernels.js";
import { fusable, fusableOnGpu } from "./fused/switch.js";
import * as ops from "./ops.js";
import { keep, noGrad, scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** Storage types of a weight for use, smaller than float32. */
export const weightTypes = ["bf16", "int8"] as const;
export type WeightType = (typeof weightTypes)[number];

/** Neighbours along the input that share a scale; all of an output's where these do not divide into such groups. */
const GROUP = 64;
/** Rows of a product for which a weight is read once, and not made float32 first. */
const FEW = 16;
/** Rows of a weight that are converted at a time. */
const ROWS = 4096;

/**
 * A weight (out, in) for use alone, without gradients: bfloat16, or int8 with a scale for each 64 neighbours of a row
 * (symmetric: the largest of them becomes ±127). Products are of float32: what is stored smaller is read faster, which
 * is most of the time that a few rows take.
 */
export class QuantizedWeight {
  private constructor(
    /** (out, in) */
    readonly data: Tensor,
    /** (out, groups); null of bfloat16. */
    readonly scales: Tensor | null,
  ) {}

  /** Quantizes a float32 weight (out, in) of any strides, which is left as it is, on its device. */
  static of(weight: Tensor, as: WeightType): QuantizedWeight {
    const { device } = weight;
    if (weight.ndim !== 2 || weight.dtype !== "float32") {
      throw new TorchError(
        "ARGUMENT",
        `a float32 weight (out, in) can be quantized, not ${weight.dtype} (${weight.shape.join(", ")})`,
      );
    }
    const [outputs, inputs] = [weight.size(0), weight.size(1)];
    const groups = inputs % GROUP === 0 ? inputs / GROUP : 1;
    return scope(() =>
      noGrad(() => {
        const data = keep(empty([outputs, inputs], { dtype: as === "int8" ? "int8" : "bfloat16", device }));
        const scales = as === "int8" ? keep(empty([outputs, groups], { device })) : null;
        for (let row = 0; row < outputs; row += ROWS) {
          const count = Math.min(ROWS, outputs - row);
          const part = weight.narrow(0, row, count);
          const into = data.narrow(0, row, count);
          scope(() => (scales === null ? into.copy_(part) : toInt8(part, into, scales.narrow(0, row, count))));
        }
        return new QuantizedWeight(data, scales);
      }),
    );
  }

  /** The weight as float32 (out, in), which is what products are of. */
  dequantize(): Tensor {
    return this.#toFloat(this.data, this.scales);
  }

  /** Rows of it, of a table that is also an embedding: indices (...) int64 -> (..., in). */
  rows(indices: Tensor): Tensor {
    const flat = indices.flatten();
    const found = this.#toFloat(this.data.indexSelect(0, flat), this.scales?.indexSelect(0, flat) ?? null);
    return found.view([...indices.shape, this.data.size(1)]);
  }

  /**
   * x Wᵀ + b, through GELU's tanh form if requested: (..., in), (out) -> (..., out). Each of up to 16 rows is the same
   * whatever the others are (on the CPU).
   */
  linear(x: Tensor, bias?: Tensor | null, options: { gelu?: boolean } = {}): Tensor {
    const { gelu = false } = options;
    if (fusable(x) || this.#multipliesOnGpu(x)) return kernels.quantizedLinear(x, this.data, this.scales, bias, gelu);
    const y = linear(x, this.dequantize(), bias);
    return gelu ? ops.gelu(y, "tanh") : y;
  }

  /** The kernel reads the weight once for a few rows, four numbers of a group at a time; more are libtorch's work. */
  #multipliesOnGpu(x: Tensor): boolean {
    const inputs = this.data.size(1);
    const group = inputs / (this.scales?.size(1) ?? 1);
    return group % 4 === 0 && x.numel <= FEW * inputs && fusableOnGpu([x]);
  }

  /** Its size in memory. */
  get bytes(): number {
    return this.data.numel * (this.scales === null ? 2 : 1) + (this.scales?.numel ?? 0) * 4;
  }

  #toFloat(data: Tensor, scales: Tensor | null): Tensor {
    const numbers = data.to("float32");
    if (scales === null) return numbers;
    const groups = scales.size(1);
    return numbers.unflatten(1, [groups, -1]).mul(scales.unsqueeze(2)).flatten(1);
  }
}

/** Writes (rows, in) as int8 and as the scales (rows, groups) of its groups. */
function toInt8(part: Tensor, into: Tensor, scales: Tensor): Tensor {
  const grouped = part.contiguous().unflatten(1, [scales.size(1), -1]); // (rows, groups, size)
  scales.copy_(grouped.abs().max(2).div(127).clamp(1e-30)); // a group of zeros stays one
  return into.copy_(grouped.div(scales.unsqueeze(2)).round().flatten(1));
}
