import { cat, scope, type Tensor } from "@trainer/torch";
import { elementTypes } from "./element-types.js";
import { viewAs } from "./view-as.js";

const { block: BLOCK, bytes: BLOCK_BYTES } = elementTypes.q8_0;
const LARGEST = 127;
/** Scales below this have no inverse in float32, and are 0 in float16. */
const SMALLEST = 2 ** -126;

/**
 * Numbers as blocks of 32 whole ones with a scale, as ggml's reference quantizes them: the scale makes the largest of a
 * block 127, each number is rounded to the nearest, halves away from 0. float32, a multiple of 32 of them -> bytes.
 */
export const quantizeQ8 = (numbers: Tensor): Tensor =>
  scope(() => {
    const blocks = numbers.view([-1, BLOCK]);
    const scales = blocks.abs().max(1, true).div(LARGEST); // (blocks, 1)
    const inverse = scales.reciprocal().maskedFill(scales.lt(SMALLEST), 0);
    const scaled = blocks.mul(inverse).to("float64"); // in float32 the half next below 0.5 would be rounded up
    const sign = scaled.lt(0).to("float64").mul(-2).add(1);
    const whole = scaled.abs().add(0.5).floor().mul(sign).to("int8");
    return cat([viewAs(scales.to("float16"), "uint8"), viewAs(whole, "uint8")], 1).flatten();
  });

/** Bytes of blocks -> their numbers, in float32. */
export const dequantizeQ8 = (bytes: Tensor): Tensor =>
  scope(() => {
    const blocks = bytes.view([-1, BLOCK_BYTES]);
    const scales = viewAs(blocks.narrow(1, 0, 2).contiguous(), "float16").to("float32"); // (blocks, 1)
    const whole = viewAs(blocks.narrow(1, 2, BLOCK).contiguous(), "int8").to("float32");
    return whole.mul(scales).flatten();
  });
