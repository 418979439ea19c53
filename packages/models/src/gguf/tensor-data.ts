import { fromFile, keep, scope, type DType, type Tensor } from "@trainer/torch";
import type { ElementTypeName } from "./element-types.js";
import type { GgufFile, StoredTensor } from "./open-gguf.js";
import { dequantizeQ8, quantizeQ8 } from "./q8-0.js";
import { viewAs } from "./view-as.js";

/** Numbers that are converted in one go. */
const PART = 1 << 20;

const STORED: Readonly<Record<Exclude<ElementTypeName, "q8_0">, DType>> = {
  f32: "float32",
  f16: "float16",
  bf16: "bfloat16",
};

/** A tensor's bytes in a type, part by part, so that no copy of the whole is made. */
export function* partsOf(whole: Tensor, type: ElementTypeName): Generator<Uint8Array> {
  const flat = keep(scope(() => whole.detach().to("cpu").contiguous().view([whole.numel])));
  try {
    for (let at = 0; at < whole.numel; at += PART) {
      const { buffer, byteOffset, byteLength } = scope(() =>
        stored(flat.narrow(0, at, Math.min(PART, whole.numel - at)), type).data(),
      );
      yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  } finally {
    flat.dispose();
  }
}

const stored = (numbers: Tensor, type: ElementTypeName): Tensor =>
  type === "q8_0" ? quantizeQ8(numbers.to("float32")) : numbers.to(STORED[type]);

/** A tensor of a file: a view of it, or float32 made of blocks. The file must not be truncated while it lives. */
export function tensorOf(file: GgufFile, { type, shape, start, bytes }: StoredTensor): Tensor {
  return scope(() => {
    const raw = fromFile(file.path, { dtype: "uint8", size: file.fileBytes }).narrow(0, start, bytes);
    if (type === "q8_0") return dequantizeQ8(raw).view(shape);
    return viewAs(raw, STORED[type]).view(shape); // aligned, as the file is
  });
}
