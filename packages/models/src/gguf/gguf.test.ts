import { closeSync, openSync, readFileSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratch, scratchPath } from "@trainer/testing";
import { scope, setNumThreads, tensor } from "@trainer/torch";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError } from "../errors.js";
import { elementTypeNames, type ElementTypeName } from "./element-types.js";
import { HeaderReader, MOST_ITEMS } from "./header-reader.js";
import { openGguf, roundUp } from "./open-gguf.js";
import { quantizeQ8 } from "./q8-0.js";
import { partsOf, tensorOf } from "./tensor-data.js";
import { bool, f32, text, texts, u32, u8s, VALUE_BYTES, valueTypes, type Typed } from "./values.js";
import { bytesOf, writeGguf } from "./write-gguf.js";

setNumThreads(1);
const path = join(scratchPath("gguf"), "a.gguf");

/** The smallest sound file with something of everything. */
const SMALL = [
  ["general.name", text("small")],
  ["list", texts(["a", "bc"])],
  ["general.alignment", u32(32)],
] as const;
const one = (name: string, numbers: readonly number[], type: ElementTypeName = "f32", shape = [numbers.length]) => ({
  name,
  type,
  shape,
  parts: () => partsOf(tensor(Float32Array.from(numbers), shape), type),
});
await writeGguf(path, SMALL, [one("x", [1, 2, 3]), one("y", [4, 5, 6, 7], "f16", [2, 2])]);
const SOUND = readFileSync(path);

/** The file with bytes in the place of others. */
async function damaged(bytes: Uint8Array): Promise<string> {
  const folder = scratchPath("damaged");
  await writeFile(join(folder, "b.gguf"), bytes);
  return join(folder, "b.gguf");
}

const at = (part: string): number => SOUND.indexOf(part);
function changed(place: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(SOUND);
  copy.set(bytes, place);
  return copy;
}
const u64 = (value: bigint): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return [...bytes];
};

test("what is written is read back", () => {
  const file = openGguf(path);
  expect(Object.fromEntries(file.metadata)).toEqual({
    "general.name": "small",
    list: ["a", "bc"],
    "general.alignment": 32,
  });
  const [x, y] = ["x", "y"].map((name) => file.tensors.get(name));
  expect(x).toMatchObject({ type: "f32", shape: [3], bytes: 12 });
  expect(y).toMatchObject({ type: "f16", shape: [2, 2], bytes: 8 });
  expect((x?.start ?? 1) % 32).toBe(0);
  expect((y?.start ?? 1) % 32).toBe(0);
  expect(x && scope(() => tensorOf(file, x).toArray())).toEqual([1, 2, 3]);
  expect(y && scope(() => tensorOf(file, y).to("float32").toArray())).toEqual([
    [4, 5],
    [6, 7],
  ]);
});

const scalars: Readonly<Record<Exclude<Typed["type"], "array">, fc.Arbitrary<number | bigint | boolean | string>>> = {
  uint8: fc.integer({ min: 0, max: 255 }),
  int8: fc.integer({ min: -128, max: 127 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  float32: fc.float(),
  float64: fc.double(),
  bool: fc.boolean(),
  string: fc.string({ unit: "grapheme" }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
};
const names = valueTypes.filter((type) => type !== "array");
const typed: fc.Arbitrary<Typed> = fc.constantFrom(...names).chain((type) =>
  fc.oneof(
    scalars[type].map((value): Typed => ({ type, value })),
    fc.array(scalars[type], { maxLength: 5 }).map((value): Typed => ({ type: "array", of: type, value })),
  ),
);
/** Whole numbers that fit are read as numbers. */
const plain = (value: unknown): unknown =>
  typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;

test("any metadata and tensors are read back as they were written", async () => {
  const key = fc.string({ minLength: 1 }).filter((name) => name !== "general.alignment");
  const metadata = fc.uniqueArray(fc.tuple(key, typed), { selector: ([name]) => name, maxLength: 6 });
  const tensors = fc.uniqueArray(
    fc.record({ name: key, type: fc.constantFrom(...elementTypeNames), rows: fc.integer({ min: 0, max: 3 }) }),
    { selector: ({ name }) => name, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(metadata, tensors, async (pairs, shapes) => {
      await using folder = await scratch();
      const numbers = Array.from({ length: 3 * 32 }, (_, i) => i - 40);
      const written = shapes.map(({ name, type, rows }) => one(name, numbers.slice(0, rows * 32), type, [rows, 32]));
      const bytes = await writeGguf(folder.join("c.gguf"), pairs, written);
      const file = openGguf(folder.join("c.gguf"));
      expect(file.fileBytes).toBe(bytes);
      const back = [...file.metadata].map(([name, value]) => [name, value]);
      expect(back).toEqual(
        pairs.map(([name, { value }]) => [name, typeof value === "object" ? Array.from(value, plain) : plain(value)]),
      );
      expect([...file.tensors].map(([name, { type, shape }]) => ({ name, type, rows: shape[0] }))).toEqual(shapes);
    }),
    { numRuns: 60 },
  );
});

test("numbers in each type are those that it can hold", async () => {
  await using folder = await scratch();
  const numbers = Array.from({ length: 64 }, (_, i) => Math.sin(i * i) * (i < 32 ? 1 : 1000));
  for (const type of elementTypeNames) {
    await writeGguf(folder.join("d.gguf"), [], [one("x", numbers, type)]);
    const file = openGguf(folder.join("d.gguf"));
    const x = file.tensors.get("x");
    const back = x === undefined ? [] : scope(() => Array.from(tensorOf(file, x).to("float32").data(), Number));
    const largest = { f32: 2 ** -23, f16: 2 ** -10, bf16: 2 ** -7, q8_0: 1 / 127 }[type];
    const worst = Math.max(...numbers.map((number, i) => Math.abs(number - (back[i] ?? NaN)) / (i < 32 ? 1 : 1000)));
    expect(worst).toBeLessThan(largest);
  }
});

test("whole numbers are numbers where these hold them, and else bigints", async () => {
  await using folder = await scratch();
  const values = [
    ["small", { type: "uint64", value: 7n }],
    ["large", { type: "uint64", value: 2n ** 64n - 1n }],
    ["least", { type: "int64", value: -(2n ** 63n) }],
  ] as const;
  await writeGguf(folder.join("h.gguf"), values, []);
  const read = Object.fromEntries(openGguf(folder.join("h.gguf")).metadata);
  expect(read).toEqual({ small: 7, large: 2n ** 64n - 1n, least: -(2n ** 63n) });
});

test("a single number has no dimensions", async () => {
  await using folder = await scratch();
  await writeGguf(folder.join("g.gguf"), [], [one("x", [3], "f32", [])]);
  const file = openGguf(folder.join("g.gguf"));
  const x = file.tensors.get("x");
  expect(x && scope(() => tensorOf(file, x).item())).toBe(3);
});

test("a tensor of many numbers is converted part by part", () => {
  const size = (1 << 20) + 32;
  const whole = tensor(new Float32Array(size).fill(0.5), [size]);
  const parts = [...partsOf(whole, "q8_0")].map(({ length }) => length);
  expect(parts).toEqual([((1 << 20) / 32) * 34, 34]);
  whole.dispose();
});

const quantized = (numbers: Float32Array): Buffer =>
  Buffer.from(scope(() => Uint8Array.from(quantizeQ8(tensor(numbers, [numbers.length])).data(), Number)));

test("blocks are as ggml's reference makes them: halves away from 0, a block of zeros without a scale", () => {
  const block = new Float32Array(64);
  block.set([127, -127, 0.5, -0.5, 1.5, -1.5, 0.49999997, 63.4]);
  const bytes = quantized(block);
  expect([...bytes.subarray(0, 10)]).toEqual([0x00, 0x3c, 127, 129, 1, 255, 2, 254, 0, 63]); // a scale of 1
  expect([...bytes.subarray(34)]).toEqual(Array.from({ length: 34 }, () => 0));
});

test("a number is off by at most half of a scale, whatever the block", () => {
  const block = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(block, (numbers) => {
      const bytes = quantized(Float32Array.from(numbers));
      const scale = Math.max(...numbers.map(Math.abs)) / 127;
      for (const [i, number] of numbers.entries())
        expect(Math.abs(bytes.readInt8(2 + i) * scale - number)).toBeLessThanOrEqual(scale * 0.5001 + 1e-30);
    }),
  );
});

describe("a file that is none, or damaged, is refused in a sentence that names it", () => {
  const list = at("list") + 4; // its type, its items' type, their count
  const x = SOUND.lastIndexOf("x") + 1; // dimensions, size, type, offset
  const y = SOUND.lastIndexOf("y") + 1;
  const name = at("small");
  test.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(), /it has 0 bytes, fewer than the 24 of a header/],
    ["short", SOUND.subarray(0, 23), /it has 23 bytes/],
    ["of another kind", changed(0, 0x50, 0x4b), /it begins with 0x504b5546, not with GGUF/],
    ["of version 1", changed(4, 1), /cannot be opened: it has version 1; versions 2 and 3/],
    ["big-endian", changed(4, 0, 0, 0, 3), /cannot be opened: it is big-endian/],
    [
      "of too many tensors",
      changed(8, ...u64(2n ** 40n)),
      /the number of tensors is 1099511627776, for which \d+ bytes/,
    ],
    ["of more than can be counted", changed(8, ...u64(2n ** 63n)), /the number of tensors is 9223372036854775808/],
    ["of too much metadata", changed(16, ...u64(1000n)), /the number of metadata is 1000, for which/],
    ["with a long key", changed(24, ...u64(10_000n)), /the length of the key of metadata 0 is 10000, for which/],
    ["with a key that is no text", changed(32, 0xff), /the key of metadata 0 is not UTF-8/],
    ["with a type that is none", changed(list, 13), /the type of metadata "list" is 13; types go from 0 to 12/],
    ["with an array of arrays", changed(list + 4, 9), /metadata "list" is an array of arrays/],
    [
      "with a long array",
      changed(list + 8, ...u64(2n ** 33n)),
      /the length of metadata "list" is 8589934592, for which/,
    ],
    [
      "with a long text",
      changed(name - 8, ...u64(2n ** 50n)),
      /the length of metadata "general.name" is 1125899906842624/,
    ],
    [
      "with an alignment of 0",
      changed(at("general.alignment") + 17 + 4, 0),
      /general.alignment is 0, not a multiple of 8/,
    ],
    ["with an alignment of 12", changed(at("general.alignment") + 17 + 4, 12), /general.alignment is 12/],
    ["with an alignment that is no number", changed(at("general.alignment") + 17, 6), /general.alignment is/],
    ["with too many dimensions", changed(x, 5), /tensor "x" has 5 dimensions; at most 4/],
    [
      "with an unknown type",
      changed(x + 12, 12),
      /cannot be opened: tensor "x" has the type Q4_K; what is read: f32, f16, bf16, q8_0/,
    ],
    ["with a type to come", changed(x + 12, 99), /tensor "x" has the type number 99/],
    [
      "with rows that no block fits",
      changed(x + 12, 8),
      /tensor "x" has rows of 3 numbers, which is no multiple of the 32 of a block of q8_0/,
    ],
    [
      "with a tensor that is too large",
      changed(x + 4, ...u64(2n ** 30n)),
      /tensor "x" \(1073741824\) takes 4294967296 bytes, and the file has \d+/,
    ],
    [
      "with more numbers than can be counted",
      changed(x + 4, ...u64(2n ** 53n)),
      /dimension 0 of tensor "x" is 9007199254740992/,
    ],
    [
      "with sizes whose product cannot be counted",
      changed(y + 4, ...u64(2n ** 40n), ...u64(2n ** 40n)),
      /tensor "y" \(1099511627776, 1099511627776\) takes/,
    ],
    [
      "with an offset between",
      changed(x + 16, 4),
      /tensor "x" has the offset 4, which is no multiple of the alignment 32/,
    ],
    ["with tensors in one another", changed(y + 24, ...u64(0n)), /tensor "x" lies in tensor "y": 8 bytes are of both/],
    [
      "with an offset past the end",
      changed(y + 24, ...u64(2n ** 20n)),
      /tensor "y" ends at byte \d+, and the file has \d+: it is cut off/,
    ],
    ["with a tensor twice", changed(y - 1, 0x78), /it has the tensor "x" twice/],
    ["that ends in its metadata", SOUND.subarray(0, 60), /for which|ends within/],
  ])("%s", async (_what, bytes, message) => {
    const file = await damaged(bytes);
    expect(() => openGguf(file)).toThrow(message);
    expect(() => openGguf(file)).toThrow(file);
    expect(() => openGguf(file)).toThrow(ModelError);
  });

  test("with metadata twice, a boolean that is none, and a list longer than any", async () => {
    await using folder = await scratch();
    const file = folder.join("e.gguf");
    await writeGguf(
      file,
      [
        ["a", u32(1)],
        ["a", u32(1)],
      ],
      [],
    );
    expect(() => openGguf(file)).toThrow('it has the metadata "a" twice');
    await writeGguf(file, [["a", bool(true)]], []);
    const bytes = readFileSync(file);
    bytes[24 + 8 + 1 + 4] = 2;
    await writeFile(file, bytes);
    expect(() => openGguf(file)).toThrow('metadata "a" is a boolean of the value 2');
    await writeGguf(file, [["a", u8s([])]], []);
    const long = readFileSync(file).subarray(0, 24 + 8 + 1 + 4 + 4 + 8);
    long.writeBigUInt64LE(BigInt(MOST_ITEMS + 1), long.length - 8);
    await writeFile(file, long);
    await truncate(file, MOST_ITEMS + 1000); // zeros that take no place on the disk
    expect(() => openGguf(file)).toThrow(`metadata "a" has ${MOST_ITEMS + 1} items, more than any has`);
  });

  test("with a name of any length, which is not repeated whole", async () => {
    await using folder = await scratch();
    const long = "n".repeat(100_000);
    await writeGguf(
      folder.join("f.gguf"),
      [
        [long, f32(1)],
        [long, f32(1)],
      ],
      [],
    );
    expect(() => openGguf(folder.join("f.gguf"))).toThrow(/^.{0,300}nnn…" twice$/);
  });

  test("that becomes shorter as it is read", () => {
    const file = openSync(path, "r");
    const reader = new HeaderReader(file, path, SOUND.length + 100_000);
    expect(() => Array.from({ length: SOUND.length }, () => reader.u32("a number"))).toThrow("it became shorter");
    closeSync(file);
  });

  test("that is not there", () => {
    expect(() => openGguf("/no/such.gguf")).toThrow(/\/no\/such.gguf is not a sound GGUF file: it cannot be read/);
  });

  test("that is cut off anywhere, or changed anywhere: it opens, or is refused, and nothing else happens", async () => {
    const file = await damaged(SOUND);
    const opens = async (bytes: Uint8Array) => {
      await writeFile(file, bytes);
      try {
        openGguf(file);
        return true;
      } catch (error) {
        if (error instanceof ModelError) return false;
        throw error;
      }
    };
    for (let length = 0; length < SOUND.length - 32; length++)
      expect(await opens(SOUND.subarray(0, length))).toBe(false);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: SOUND.length - 1 }), fc.nat({ max: 255 }), async (place, byte) => {
        await opens(changed(place, byte));
      }),
      { numRuns: 300 },
    );
  });
});

test("the bytes of values and of tensors are those of the format", () => {
  expect(valueTypes.indexOf("string")).toBe(8);
  expect(valueTypes.indexOf("array")).toBe(9);
  expect(VALUE_BYTES.float64).toBe(8);
  expect(bytesOf("q8_0", [2, 64])).toBe(4 * 34);
  expect(roundUp(33, 32)).toBe(64);
});
