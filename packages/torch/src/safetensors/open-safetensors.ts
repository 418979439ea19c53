import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { empty, fromFile } from "../create.js";
import { bytesOf, type Device, type DType } from "../dtype.js";
import { TorchError } from "../errors.js";
import { op } from "../op.js";
import { keep, scope } from "../scope.js";
import { describe } from "../describe.js";
import type { Tensor } from "../tensor.js";
import { headerLength, LENGTH_BYTES, parseHeader, type Header, type StoredTensor } from "./parse-header.js";

const viewAs = op<[a: Tensor, dtype: DType], Tensor>("aten::view.dtype"); // the same bytes as other elements

/**
 * A safetensors file, memory-mapped: its tensors take memory as they are read, and writing into one changes neither the
 * file nor what another opening sees. The file must not be truncated while its tensors live; one that is replaced by
 * renaming another over it may be.
 */
export class SafetensorsFile implements Disposable {
  readonly names: readonly string[];
  readonly #bytes: Tensor; // (size of the file) uint8

  constructor(
    readonly path: string,
    private readonly header: Header,
    fileBytes: number,
  ) {
    this.names = [...header.tensors.keys()];
    this.#bytes = keep(fromFile(path, { dtype: "uint8", size: fileBytes }));
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  shape(name: string): readonly number[] {
    return this.#stored(name).shape;
  }

  dtype(name: string): DType {
    return this.#stored(name).dtype;
  }

  /** A view of the file, or a copy if it is not aligned to its elements' size. It outlives this object. */
  tensor(name: string): Tensor {
    const { dtype, shape, start, bytes } = this.#stored(name);
    if (bytes === 0) return empty(shape, { dtype });
    return scope(() => {
      const raw = this.#bytes.narrow(0, start, bytes);
      const aligned = start % bytesOf(dtype) === 0 ? raw : raw.clone();
      return viewAs(aligned, dtype).view(shape);
    });
  }

  /** Lets go of the file; tensors taken from it stay. */
  dispose(): void {
    this.#bytes.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #stored(name: string): StoredTensor {
    const stored = this.header.tensors.get(name);
    if (stored !== undefined) return stored;
    const some = this.names.slice(0, 5).join(", ");
    throw new TorchError(
      "ARGUMENT",
      `${this.path} has no tensor ${describe(name)}; it has ${this.names.length}: ${some} …`,
    );
  }
}

/**
 * Opens a safetensors file after checking its header against its size.
 * @throws TorchError FILE where it is missing or malformed, with the reason.
 */
export function openSafetensors(path: string): SafetensorsFile {
  const { header, fileBytes } = readHeader(path);
  return new SafetensorsFile(path, header, fileBytes);
}

/** All tensors of a file, by name. On the cpu they are views of it. */
export function readSafetensors(
  path: string,
  options: { device?: Device } = {},
): { tensors: Map<string, Tensor>; metadata: Readonly<Record<string, string>> } {
  const { device = "cpu" } = options;
  using file = openSafetensors(path);
  return scope(() => {
    const tensors = new Map(file.names.map((name) => [name, file.tensor(name).to(device)]));
    return { tensors, metadata: file.metadata };
  });
}

function readHeader(path: string): { header: Header; fileBytes: number } {
  const file = orRefuse(path, () => openSync(path, "r"));
  try {
    const { size } = fstatSync(file);
    const length = headerLength(
      orRefuse(path, () => read(file, LENGTH_BYTES, 0)),
      size,
      path,
    );
    return { header: parseHeader(read(file, length, LENGTH_BYTES), size, path), fileBytes: size };
  } finally {
    closeSync(file);
  }
}

function read(file: number, length: number, at: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

function orRefuse<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    throw new TorchError("FILE", `${path} cannot be read (${String(cause)})`, undefined, undefined, { cause });
  }
}
