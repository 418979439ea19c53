import { readFileSync } from "node:fs";
import { op, scope, tensor, type DType, type Tensor } from "@trainer/torch";
import { z } from "zod";
import { ModelError } from "../errors.js";
import { Call, Global, Persistent, readPickle } from "./pickle.js";
import { readStoredZip } from "./zip.js";

const viewAs = op<[a: Tensor, dtype: DType], Tensor>("aten::view.dtype"); // the same bytes as other elements

const STORAGES = new Map<string, { readonly dtype: DType; readonly bytes: number }>([
  ["torch.FloatStorage", { dtype: "float32", bytes: 4 }],
  ["torch.DoubleStorage", { dtype: "float64", bytes: 8 }],
  ["torch.HalfStorage", { dtype: "float16", bytes: 2 }],
  ["torch.BFloat16Storage", { dtype: "bfloat16", bytes: 2 }],
  ["torch.LongStorage", { dtype: "int64", bytes: 8 }],
]);
const REBUILD = "torch._utils._rebuild_tensor_v2";

const size = z.int().nonnegative();
const Stored = z.tuple([
  z.instanceof(Persistent).transform(({ id }) => id),
  size, // where in the storage, in elements
  z.array(size), // shape
  z.array(size), // strides
]);
const Storage = z.tuple([z.literal("storage"), z.instanceof(Global), z.string(), z.string(), size]);

/**
 * The tensors of a state dict written by PyTorch's torch.save (its zip format, of 2020 and later). Its pickle is
 * parsed, not run: one that contains anything but tensors is refused by name. Tensors of one storage share its memory,
 * so that all of them take no more than the file.
 */
export function readStateDict(path: string): Map<string, Tensor> {
  return scope(() => read(path));
}

function read(path: string): Map<string, Tensor> {
  const files = readStoredZip(readFileSync(path), path);
  const found = [...files].find(([name]) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (found === undefined) throw unreadable(path, "there is no data.pkl in it");
  const [name, pickle] = found;
  const root = name.slice(0, -"data.pkl".length);
  const order = files.get(`${root}byteorder`)?.toString() ?? "little";
  if (order !== "little") throw unreadable(path, `its numbers are ${order}-endian`);
  const state = readPickle(pickle, [REBUILD, ...STORAGES.keys()], path);
  if (!(state instanceof Map)) throw unreadable(path, "it is no state dict");
  const storages = new Map<string, Tensor>(); // uint8
  const storageOf = (key: string): Tensor | undefined => {
    const bytes = files.get(`${root}data/${key}`);
    const storage =
      storages.get(key) ?? (bytes && tensor(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
    if (storage !== undefined) storages.set(key, storage);
    return storage;
  };
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of state) {
    if (typeof name !== "string") throw unreadable(path, "a tensor's name in it is no text");
    if (!(value instanceof Call)) throw unreadable(path, `${name} in it is no tensor`);
    tensors.set(name, rebuild(value, storageOf, `${path}: ${name}`));
  }
  return tensors;
}

function rebuild({ args }: Call, storageOf: (key: string) => Tensor | undefined, where: string): Tensor {
  const stored = Stored.safeParse(args.slice(0, 4));
  const storage = Storage.safeParse(stored.data?.[0]);
  if (!stored.success || !storage.success) throw unreadable(where, "its description is not one of a tensor");
  const [, offset, shape, strides] = stored.data;
  const kind = STORAGES.get(storage.data[1].name);
  const data = storageOf(storage.data[2]);
  if (kind === undefined || data === undefined) throw unreadable(where, "its numbers are not there");
  if (!isRowMajor(shape, strides)) throw unreadable(where, "its numbers are not in row-major order");
  const count = shape.reduce((product, n) => product * n, 1);
  if ((offset + count) * kind.bytes > data.numel) throw unreadable(where, "some of its numbers are missing");
  return viewAs(data.narrow(0, offset * kind.bytes, count * kind.bytes), kind.dtype).view(shape);
}

/** True if the strides are row-major; dimensions of one do not matter. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  const steps = shape.toReversed().map((n) => {
    const before = step;
    step *= n;
    return n === 1 ? null : before;
  });
  return steps.toReversed().every((expected, i) => expected === null || strides[i] === expected);
}

const unreadable = (where: string, why: string) => new ModelError("MODEL_LOAD_FAILED", `${where}: ${why}`);
