import type { FileHandle } from "node:fs/promises";
import { writeWhole } from "@trainer/disk";
import { elementTypes, type ElementTypeName } from "./element-types.js";
import { DEFAULT_ALIGNMENT, MAGIC, roundUp, VERSION } from "./open-gguf.js";
import { VALUE_BYTES, valueTypes, type Scalar, type Typed, type TypedMetadata, type ValueType } from "./values.js";

/** A tensor to be written. */
export interface WrittenTensor {
  readonly name: string;
  readonly type: ElementTypeName;
  /** The last dimension is the one whose numbers lie side by side. */
  readonly shape: readonly number[];
  /** Its bytes, in parts: one part is in memory at a time. */
  parts(): Iterable<Uint8Array>;
}

/** Writes a GGUF file (version 3), which appears whole or not at all; gives its size. */
export function writeGguf(path: string, metadata: TypedMetadata, tensors: readonly WrittenTensor[]): Promise<number> {
  return writeWhole(path, async (file) => {
    const out = new PaddedFile(file);
    await out.write(headerOf(metadata, tensors));
    for (const tensor of tensors) {
      await out.pad();
      for (const part of tensor.parts()) await out.write(part);
    }
    await out.pad();
    return out.bytes;
  });
}

class PaddedFile {
  bytes = 0;

  constructor(private readonly file: FileHandle) {}

  async write(part: Uint8Array): Promise<void> {
    await this.file.writeFile(part);
    this.bytes += part.length;
  }

  async pad(): Promise<void> {
    await this.write(new Uint8Array(roundUp(this.bytes, DEFAULT_ALIGNMENT) - this.bytes));
  }
}

function headerOf(metadata: TypedMetadata, tensors: readonly WrittenTensor[]): Buffer {
  const parts: Buffer[] = [
    Buffer.from(MAGIC),
    scalar("uint32", VERSION),
    scalar("uint64", tensors.length),
    scalar("uint64", metadata.length),
  ];
  for (const [key, value] of metadata) parts.push(scalar("string", key), typed(value));
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const { id } = elementTypes[type];
    const sizes = shape.toReversed().map((size) => scalar("uint64", size));
    parts.push(scalar("string", name), scalar("uint32", shape.length), ...sizes);
    parts.push(scalar("uint32", id), scalar("uint64", offset));
    offset = roundUp(offset + bytesOf(type, shape), DEFAULT_ALIGNMENT);
  }
  return Buffer.concat(parts);
}

export function bytesOf(type: ElementTypeName, shape: readonly number[]): number {
  const { block, bytes } = elementTypes[type];
  return (shape.reduce((product, size) => product * size, 1) / block) * bytes;
}

const typeId = (type: ValueType): Buffer => scalar("uint32", valueTypes.indexOf(type));

function typed(value: Typed): Buffer {
  if (value.type !== "array") return Buffer.concat([typeId(value.type), scalar(value.type, value.value)]);
  const { of } = value;
  const items = Array.from(value.value);
  const head = [typeId("array"), typeId(of), scalar("uint64", items.length)];
  if (of === "string") return Buffer.concat([...head, ...items.map((item) => scalar(of, item))]);
  const bytes = Buffer.alloc(items.length * VALUE_BYTES[of]);
  for (const [i, item] of items.entries()) put[of](bytes, item, i * VALUE_BYTES[of]);
  return Buffer.concat([...head, bytes]);
}

function scalar(type: Exclude<ValueType, "array">, value: Scalar): Buffer {
  if (type === "string") {
    const text = Buffer.from(String(value));
    return Buffer.concat([scalar("uint64", text.length), text]);
  }
  const bytes = Buffer.alloc(VALUE_BYTES[type]);
  put[type](bytes, value, 0);
  return bytes;
}

type Put = (bytes: Buffer, value: Scalar, at: number) => void;

/** Writes a value of fixed size into its place. */
const put: Readonly<Record<Exclude<ValueType, "array" | "string">, Put>> = {
  uint8: (bytes, value, at) => bytes.writeUInt8(Number(value), at),
  int8: (bytes, value, at) => bytes.writeInt8(Number(value), at),
  uint16: (bytes, value, at) => bytes.writeUInt16LE(Number(value), at),
  int16: (bytes, value, at) => bytes.writeInt16LE(Number(value), at),
  uint32: (bytes, value, at) => bytes.writeUInt32LE(Number(value), at),
  int32: (bytes, value, at) => bytes.writeInt32LE(Number(value), at),
  float32: (bytes, value, at) => bytes.writeFloatLE(Number(value), at),
  float64: (bytes, value, at) => bytes.writeDoubleLE(Number(value), at),
  bool: (bytes, value, at) => bytes.writeUInt8(Number(value), at),
  uint64: (bytes, value, at) => bytes.writeBigUInt64LE(BigInt(value), at),
  int64: (bytes, value, at) => bytes.writeBigInt64LE(BigInt(value), at),
};
