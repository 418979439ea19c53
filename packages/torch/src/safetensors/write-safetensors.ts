import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { writeWhole } from "@trainer/disk";
import { bytesOf } from "../dtype.js";
import { TorchError } from "../errors.js";
import { scope } from "../scope.js";
import { describe } from "../describe.js";
import type { Tensor } from "../tensor.js";
import { LENGTH_BYTES } from "./parse-header.js";
import { storedName, storedRank } from "./stored-dtype.js";

const CHUNK = 16 << 20;

/** The written file: its size and its SHA-256 as hex. */
export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes tensors as one safetensors file, which appears at `path` whole or not at all: it is written beside, synced and
 * renamed, and the rename is synced. Contiguous tensors on the cpu are written from their own memory; any other takes
 * the memory of one copy while it is written. The tensors must not change meanwhile.
 * @throws TorchError ARGUMENT for invalid names; errors of the file system (no space) as they are.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, Tensor]> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<WrittenFile> {
  const sorted = inFileOrder(Symbol.iterator in tensors ? [...tensors] : Object.entries(tensors));
  return writeWhole(path, async (file) => {
    const out = new HashedFile(file);
    await out.write(formatHeader(sorted, metadata));
    for (const [, tensor] of sorted) await out.write(bytesOfTensor(tensor));
    return out.written();
  });
}

type Named = readonly [name: string, tensor: Tensor];

/** The order of the reference: dtypes by decreasing size, then names by their bytes. */
function inFileOrder(tensors: readonly Named[]): readonly Named[] {
  const names = new Set<string>();
  for (const [name] of tensors) {
    if (name === "__metadata__" || names.has(name)) {
      const what = names.has(name) ? "two tensors have it" : "the format keeps it for itself";
      throw new TorchError("ARGUMENT", `writeSafetensors: no tensor can be named ${describe(name)}: ${what}`);
    }
    names.add(name);
  }
  return tensors
    .map(([name, tensor]) => ({ name, tensor, rank: storedRank(tensor.dtype), bytes: Buffer.from(name) }))
    .sort((a, b) => a.rank - b.rank || Buffer.compare(a.bytes, b.bytes))
    .map(({ name, tensor }) => [name, tensor]);
}

function formatHeader(tensors: readonly Named[], metadata: Readonly<Record<string, string>>): Buffer {
  let end = 0;
  const entries = tensors.map(([name, { dtype, shape, numel }]) => {
    const begin = end;
    end += numel * bytesOf(dtype);
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: storedName(dtype), shape, data_offsets: [begin, end] })}`;
  });
  if (Object.keys(metadata).length > 0) entries.unshift(`"__metadata__":${JSON.stringify(metadata)}`);
  const json = Buffer.from(`{${entries.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8; // so that the data is aligned
  const header = Buffer.alloc(LENGTH_BYTES + length, " ");
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, LENGTH_BYTES);
  return header;
}

/** A tensor's bytes in row-major order: its own memory where that is what it holds. The view outlives the scope. */
function bytesOfTensor(tensor: Tensor): Uint8Array {
  return scope(() => {
    const array = tensor.detach().to("cpu").contiguous().memory();
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  });
}

class HashedFile {
  #bytes = 0;
  readonly #hash = createHash("sha256");

  constructor(private readonly file: FileHandle) {}

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = bytes.subarray(at, at + CHUNK);
      this.#hash.update(chunk);
      await this.file.writeFile(chunk);
    }
    this.#bytes += bytes.length;
  }

  written(): WrittenFile {
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}
