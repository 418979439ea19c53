import { scope, tensor } from "@trainer/torch";
import { elementTypes } from "./element-types.js";

const { block: BLOCK, bytes: BLOCK_BYTES } = elementTypes.q8_0;
const LARGEST = 127;

/**
 * Numbers as blocks of 32 whole ones with a scale, as ggml's reference quantizes them: the scale makes the largest of a
 * block 127, each number is rounded to the nearest, halves away from 0. Their count is a multiple of 32.
 */
export function quantizeQ8(numbers: Float32Array): Uint8Array {
  const blocks = numbers.length / BLOCK;
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  const scales = new Float32Array(blocks);
  for (let b = 0; b < blocks; b++) {
    const block = numbers.subarray(b * BLOCK, (b + 1) * BLOCK);
    let most = 0;
    for (const x of block) most = Math.max(most, Math.abs(x));
    const scale = Math.fround(most / LARGEST);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    scales[b] = scale;
    const to = b * BLOCK_BYTES + 2;
    for (const [i, x] of block.entries()) {
      const scaled = Math.fround(x * inverse);
      bytes[to + i] = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5); // modulo 256: two's complement
    }
  }
  const halves = scope(() => tensor(scales, [blocks]).to("float16").data());
  for (const [b, half] of halves.entries()) {
    bytes[b * BLOCK_BYTES] = Number(half) & 0xff;
    bytes[b * BLOCK_BYTES + 1] = Number(half) >> 8;
  }
  return bytes;
}
