import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import {
  arange,
  bytesOf,
  cat,
  dtypes,
  empty,
  fromFile,
  full,
  Generator,
  ones,
  op,
  rand,
  randint,
  randn,
  randperm,
  stack,
  Tensor,
  tensor,
  TorchError,
  where,
  zeros,
  zerosLike,
} from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "torch-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a tensor knows its shape, dtype and device", () => {
  const t = zeros([2, 3], { dtype: "int64" });
  expect(t.shape).toEqual([2, 3]);
  expect([t.dtype, t.device, t.ndim, t.numel, t.size(-1), t.isContiguous]).toEqual(["int64", "cpu", 2, 6, 3, true]);
  expect(t.t().isContiguous).toBe(false);
  expect(zeros([2], { device: "meta" }).device).toBe("meta");
});

test("every dtype's elements go in and come out", () => {
  for (const dtype of dtypes) {
    const t = tensor([0, 1, 1], [3], { dtype });
    expect(t.dtype).toBe(dtype);
    expect(t.toArray()).toEqual([0, 1, 1]);
    expect(t.data()).toHaveLength(3);
    expect(t.data().byteLength).toBe(3 * bytesOf(dtype));
  }
});

test("typed arrays bring their dtype, and are copied", () => {
  const arrays = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    int16: Int16Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
    int8: Int8Array,
    uint8: Uint8Array,
  };
  for (const [dtype, Typed] of Object.entries(arrays)) {
    const source = Typed.of(1, 2, 3, 4);
    const t = tensor(source, [2, 2]);
    source[0] = 9;
    expect(t.dtype).toBe(dtype);
    expect(t.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  }
  const big = tensor(BigInt64Array.of(2n ** 60n));
  expect(big.data()[0]).toBe(2n ** 60n);
  expect(tensor(Float32Array.of(1.5), [1], { dtype: "int64" }).data()[0]).toBe(1n);
});

test("a typed array over part of a buffer is read from its offset", () => {
  expect(tensor(new Float32Array(Float32Array.of(1, 2, 3, 4).buffer, 4, 2)).toArray()).toEqual([2, 3]);
});

test("data of the wrong kind or size is refused with what came", () => {
  const wrong: unknown[] = ["1", null, [1, "2"], {}, new BigUint64Array(1), new DataView(new ArrayBuffer(4))];
  for (const data of wrong) expect((): unknown => Reflect.apply(tensor, undefined, [data])).toThrow(TorchError);
  expect((): unknown => Reflect.apply(tensor, undefined, [[1, "2"]])).toThrow('element 1 must be a number, got "2"');
  expect(() => tensor([1, 2, 3], [2, 2])).toThrow(/takes 16 bytes, the array has 12/);
});

test("memory() is the tensor's own memory, and outlives it", () => {
  const t = tensor([1, 2, 3]);
  const view = t.memory();
  view[0] = 7;
  expect(t.toArray()).toEqual([7, 2, 3]);
  expect(tensor([1, 2, 3, 4]).narrow(0, 2, 2).memory()).toEqual(Float32Array.of(3, 4));
  t.dispose();
  expect(view).toEqual(Float32Array.of(7, 2, 3));
  expect(zeros([0]).memory()).toHaveLength(0);
  expect(() => zeros([2, 3]).t().memory()).toThrow(/only a contiguous tensor on the cpu/);
});

test("item is one number", () => {
  expect(tensor(2.5).item()).toBe(2.5);
  expect(tensor([1], [1], { dtype: "bool" }).item()).toBe(1);
  expect(() => tensor([1, 2]).item()).toThrow(TorchError);
  expect(() => zeros([], { device: "meta" }).item()).toThrow(TorchError);
  expect(() => zeros([], { device: "meta" }).data()).toThrow(/has a shape but no data/);
});

test("a complex tensor has no dtype here", () => {
  const complex = op<[a: Tensor], Tensor>("aten::view_as_complex")(ones([3, 2]));
  expect(() => complex.dtype).toThrow(/complex64 have no place in JavaScript/);
  expect(() => complex.select(0, 0).item()).toThrow(/complex number/);
});

test("toArray nests as the shape says, also where a dimension is 0", () => {
  expect(arange(8).view([2, 2, 2]).toArray()).toEqual([
    [
      [0, 1],
      [2, 3],
    ],
    [
      [4, 5],
      [6, 7],
    ],
  ]);
  expect(zeros([2, 0]).toArray()).toEqual([[], []]);
  expect(zeros([0, 2]).toArray()).toEqual([]);
  expect(tensor(3).toArray()).toBe(3);
});

test("makers make what they say", () => {
  expect(ones([2]).toArray()).toEqual([1, 1]);
  expect(full([2], 3).dtype).toBe("float32");
  expect(full([2], 3, { dtype: "int64" }).toArray()).toEqual([3, 3]);
  expect(empty([2, 0]).numel).toBe(0);
  expect(zerosLike(ones([2, 1])).toArray()).toEqual([[0], [0]]);
  expect(arange(3).toArray()).toEqual([0, 1, 2]);
  expect(arange(3).dtype).toBe("int64");
  expect(arange(3, { dtype: "float32" }).dtype).toBe("float32");
  expect(arange(1, 2).toArray()).toEqual([1]);
  expect(arange(1, 2, { step: 0.5 }).toArray()).toEqual([1, 1.5]);
  expect(cat([ones([1]), zeros([2])]).toArray()).toEqual([1, 0, 0]);
  expect(stack([ones([1]), zeros([1])], 1).toArray()).toEqual([[1, 0]]);
  expect(where(tensor([1, 0], [2], { dtype: "bool" }), ones([2]), zeros([2])).toArray()).toEqual([1, 0]);
});

test("random makers draw from the generator they are given", () => {
  const draw = () => {
    const generator = new Generator(3);
    const sets = [
      randn([4], { generator }),
      rand([4], { generator }),
      randint(5, 9, [4], { generator }),
      randperm(4, { generator }),
      ones([9]).multinomial(4, { replacement: true, generator }),
      zeros([4]).normal_(1, 2, generator),
      zeros([4]).uniform_(-1, 1, generator),
    ];
    return sets.map((t) => t.toArray());
  };
  const drawn = draw();
  randn([100]);
  expect(draw()).toEqual(drawn);
  const whole = randint(5, 9, [1000]).toArray();
  expect(new Set(Array.isArray(whole) ? whole : [])).toEqual(new Set([5, 6, 7, 8]));
  const p = randperm(50).toArray();
  expect(new Set(Array.isArray(p) ? p : []).size).toBe(50);
});

test("fromFile maps a file's elements, and writes stay in memory", () => {
  const path = join(folder, "ids.bin");
  writeFileSync(path, Uint16Array.of(1, 2, 3, 65535));
  const ids = fromFile(path, { dtype: "uint16", size: 4 });
  expect(ids.toArray()).toEqual([1, 2, 3, 65535]);
  ids.memory()[0] = 9;
  expect(fromFile(path, { dtype: "uint16", size: 2 }).toArray()).toEqual([1, 2]);
  expect(fromFile(path, { dtype: "uint16", size: 0 }).shape).toEqual([0]);
  fromFile(path, { dtype: "uint16", size: 4, shared: true }).memory()[0] = 5;
  expect(fromFile(path, { dtype: "uint16", size: 1 }).toArray()).toEqual([5]);
});

test("a file that is missing, no file or too small is refused before it is mapped", () => {
  const path = join(folder, "small.bin");
  writeFileSync(path, new Uint8Array(7));
  const code = (f: () => unknown): unknown => {
    try {
      return f();
    } catch (error) {
      return error instanceof TorchError ? error.code : error;
    }
  };
  expect(() => fromFile(path, { dtype: "float32", size: 2 })).toThrow(/take 8 bytes, but .*small.bin has 7/);
  expect(code(() => fromFile(join(folder, "nowhere"), { dtype: "float32", size: 1 }))).toBe("FILE");
  expect(code(() => fromFile(folder, { dtype: "float32", size: 1 }))).toBe("FILE");
  expect(code(() => fromFile(path, { dtype: "float32", size: -1 }))).toBe("ARGUMENT");
  expect(code((): unknown => Reflect.apply(fromFile, undefined, [path, { dtype: "float33", size: 1 }]))).toBe(
    "ARGUMENT",
  );
});

test("errors carry a code, the operator and the shapes", () => {
  const error = (f: () => unknown): TorchError => {
    try {
      f();
    } catch (e) {
      if (e instanceof TorchError) return e;
    }
    throw new Error("no TorchError came");
  };
  const shape = error(() => zeros([2, 3]).mm(zeros([2, 3])));
  expect(shape).toMatchObject({
    name: "TorchError",
    code: "SHAPE",
    op: "aten::mm",
    shapes: [
      [2, 3],
      [2, 3],
    ],
  });
  expect(shape.message).toBe(
    "aten::mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3) [shapes: (2, 3), (2, 3)]",
  );
  expect(error(() => zeros([2]).mm(zeros([2])))).toMatchObject({ op: "aten::mm" });
  expect(error(() => zeros([1.5]))).toMatchObject({ code: "ARGUMENT", op: "aten::zeros" });
  expect(error(() => zeros([1.5])).message).toMatch(/argument 1 \(size\): expected a whole number, got the number 1.5/);
  expect(error((): unknown => Reflect.apply(zeros, undefined, [[2], { dtype: "float33" }])).message).toMatch(
    /expected a dtype/,
  );
  expect(error(() => zeros([2], { device: "mps" })).code).toBe("UNAVAILABLE");
  expect(error(() => new Tensor(42).shape).code).toBe("DISPOSED");
  expect((): unknown => Reflect.construct(Tensor, ["42"])).toThrow(/expected a handle/);
});

// libtorch has one class for most errors: the code is read off its sentence, which a new release may change. Its other
// sentences for memory ("not enough memory", "out of memory") are those of other systems and of GPUs.
test.each<[string, RegExp, () => unknown]>([
  ["OUT_OF_MEMORY", /can't allocate memory/, () => zeros([2 ** 45])],
  ["OUT_OF_MEMORY", /Storage size calculation overflowed/, () => zeros([2 ** 40, 2 ** 40])],
  ["OUT_OF_MEMORY", /numel: integer multiplication overflow/, () => zeros([1]).expand([2 ** 40, 2 ** 40])],
  ["SHAPE", /shapes cannot be multiplied/, () => zeros([2, 3]).mm(zeros([2, 3]))],
  ["SHAPE", /The size of tensor a \(3\) must match/, () => zeros([2, 3]).add(zeros([2, 4]))],
  ["SHAPE", /Dimension out of range/, () => zeros([2, 3]).sum(5)],
  ["OPERATOR", /expected scalar type|same dtype/, () => zeros([2, 2]).mm(zeros([2, 2], { dtype: "float64" }))],
])("%s is the code of libtorch's %s", (code, message, body) => {
  expect(body).toThrow(message);
  expect(body).toThrow(expect.objectContaining({ code }));
});
