import type { FileHandle } from "node:fs/promises";
import { AppError, type TensorTable } from "@trainer/platform";
import { headerLength, LENGTH_BYTES, parseHeader, TorchError } from "@trainer/torch/capabilities";
import { readAt } from "../live/lines.js";

/** Longest header that is read: of a file with tens of thousands of tensors. */
const MAX_HEADER_BYTES = 8 << 20;

/** What a safetensors file holds, by its header alone. @throws AppError INVALID_INPUT for a header that is not sound */
export async function tensorsIn(file: FileHandle, bytes: number, name: string): Promise<TensorTable> {
  try {
    const length = headerLength(await readAt(file, 0, LENGTH_BYTES), bytes, name);
    if (length > MAX_HEADER_BYTES)
      throw new AppError(
        "INVALID_INPUT",
        `the header of ${name} has ${length} bytes, and ${MAX_HEADER_BYTES} is the most`,
      );
    const { tensors, metadata } = parseHeader(await readAt(file, LENGTH_BYTES, length), bytes, name);
    return {
      tensors: [...tensors].map(([tensor, { dtype, shape, bytes }]) => ({
        name: tensor,
        dtype,
        shape: [...shape],
        bytes,
      })),
      metadata,
    };
  } catch (cause) {
    throw cause instanceof TorchError ? new AppError("INVALID_INPUT", cause.message, { cause }) : cause;
  }
}
