import { fromFile, keep, op, scope, type DType, type Tensor } from "@trainer/torch";
import { elementTypes, type ElementTypeName } from "./element-types.js";
import type { GgufFile, StoredTensor } from "./open-gguf.js";
import { quantizeQ8 } from "./q8-0.js";

const viewAs = op<[a: Tensor, dtype: DType], Tensor>("aten::view.dtype"); // the same bytes as other elements

/** Numbers that are converted in one go. */
const PART = 1 << 22;

const STORED: Readonly<Record<Exclude<ElementTypeName, "q8_0">, DType>> = {
  f32: "float32",
  f16: "float16",
  bf16: "bfloat16",
};

/** A tensor's bytes in a type, part by part, so that no copy of the whole is made. */
export function* partsOf(whole: Tensor, type: ElementTypeName): Generator<Uint8Array> {
  const flat = keep(scope(() => whole.detach().to("cpu").contiguous().view([whole.numel])));
  try {
    for (let at = 0; at < whole.numel; at += PART) yield bytesIn(flat, at, Math.min(PART, whole.numel - at), type);
  } finally {
    flat.dispose();
  }
}

function bytesIn(flat: Tensor, at: number, count: number, type: ElementTypeName): Uint8Array {
  const dtype = type === "q8_0" ? "float32" : STORED[type];
  const { buffer, byteOffset, byteLength } = scope(() => flat.narrow(0, at, count).to(dtype).data());
  if (type === "q8_0") return quantizeQ8(new Float32Array(buffer, byteOffset, count));
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A tensor of a file: a view of it, or float32 made of blocks. The file must not be truncated while it lives. */
export function tensorOf(file: GgufFile, { type, shape, start, bytes }: StoredTensor): Tensor {
  return scope(() => {
    const raw = fromFile(file.path, { dtype: "uint8", size: file.fileBytes }).narrow(0, start, bytes);
    if (type !== "q8_0") return viewAs(raw, STORED[type]).view(shape); // aligned, as the file is
    const { bytes: blockBytes } = elementTypes.q8_0;
    const blocks = raw.view([bytes / blockBytes, blockBytes]);
    const scales = viewAs(blocks.narrow(1, 0, 2).contiguous(), "float16").to("float32"); // (blocks, 1)
    const numbers = viewAs(blocks.narrow(1, 2, blockBytes - 2).contiguous(), "int8").to("float32");
    return numbers.mul(scales).view(shape);
  });
}
