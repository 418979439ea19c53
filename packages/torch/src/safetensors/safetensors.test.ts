import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
  arange,
  bytesOf,
  type DType,
  dtypes,
  full,
  memoryStats,
  openSafetensors,
  readSafetensors,
  scope,
  type Tensor,
  tensor,
  TorchError,
  writeSafetensors,
  zeros,
} from "../index.js";
import { headerLength, parseHeader } from "./parse-header.js";

const folder = mkdtempSync(join(tmpdir(), "safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "a.safetensors");
const reference = fileURLToPath(new URL("../../test/fixtures/reference.safetensors", import.meta.url));

test("a file of the reference library is read: every dtype, no dimensions, no elements, names that JSON escapes", () => {
  using file = openSafetensors(reference);
  expect(file.metadata).toEqual({ format: "pt" });
  for (const dtype of dtypes) {
    expect(file.dtype(dtype)).toBe(dtype);
    expect(file.shape(dtype)).toEqual([2, 3]);
    const values = dtype === "bool" ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5];
    expect(file.tensor(dtype).toArray()).toEqual([values.slice(0, 3), values.slice(3)]);
  }
  expect(file.tensor("scalar").shape).toEqual([]);
  expect(file.tensor("scalar").item()).toBe(2.5);
  expect(file.tensor("nothing").shape).toEqual([0, 3]);
  expect(file.tensor('ein "Näme"\n').toArray()).toEqual([1, -1]);
  expect(file.names.length).toBe(dtypes.length + 5);
});

test("what is written is to the byte what the reference library writes", async () => {
  const { tensors, metadata } = readSafetensors(reference);
  const reversed = new Map([...tensors].toReversed());
  const written = await writeSafetensors(path, reversed, metadata);
  const bytes = readFileSync(reference);
  expect(readFileSync(path)).toEqual(bytes);
  expect(written).toEqual({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  await writeSafetensors(path, Object.fromEntries(tensors), metadata);
  expect(readFileSync(path)).toEqual(bytes);
});

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const named = fc.dictionary(
  fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
  fc.record({ dtype: fc.constantFrom(...dtypes), shape: shapes, seed: fc.nat() }),
);

test("any tensors are read back as they were written", async () => {
  const texts = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }));
  await fc.assert(
    fc.asyncProperty(named, texts, async (specs, metadata) => {
      const tensors = new Map(
        Object.entries(specs).map(([name, { dtype, shape, seed }]) => {
          const numel = shape.reduce((product, size) => product * size, 1);
          return [
            name,
            arange(numel)
              .mul(seed % 7)
              .to(dtype)
              .view(shape),
          ] as const;
        }),
      );
      await writeSafetensors(path, tensors, metadata);
      const read = readSafetensors(path);
      expect({ ...read.metadata }).toEqual({ ...metadata });
      expect([...read.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
      for (const [name, { dtype, shape }] of Object.entries(specs)) {
        const back = read.tensors.get(name);
        expect([back?.dtype, back?.shape]).toEqual([dtype, shape]);
        expect(back?.data()).toEqual(tensors.get(name)?.data());
      }
    }),
    { numRuns: 50 },
  );
});

test("every tensor lies at a multiple of its elements' size, so that none is copied when it is read", async () => {
  const tensors = dtypes.map((dtype, i): [string, Tensor] => [`t${i}`, zeros([3], { dtype })]);
  await writeSafetensors(path, tensors);
  const bytes = readFileSync(path);
  const length = headerLength(bytes, bytes.length, path);
  expect(length % 8).toBe(0);
  const { tensors: stored } = parseHeader(bytes.subarray(8, 8 + length), bytes.length, path);
  const starts = [...stored.values()].map(({ start }) => start - 8 - length);
  expect(starts).toEqual([0, 24, 48, 60, 72, 84, 90, 96, 102, 108, 111, 114]);
  for (const { start, dtype } of stored.values()) expect(start % bytesOf(dtype)).toBe(0);
});

test("tensors that are views, transposed or need gradients are written as they look", async () => {
  const base = arange(12, { dtype: "float32" }).view([3, 4]);
  const grown = full([2], 3);
  grown.requiresGrad = true;
  await writeSafetensors(path, { t: base.t(), narrow: base.narrow(1, 1, 2), same: base, grown });
  const { tensors } = readSafetensors(path);
  expect(tensors.get("t")?.toArray()).toEqual(base.t().toArray());
  expect(tensors.get("narrow")?.toArray()).toEqual([
    [1, 2],
    [5, 6],
    [9, 10],
  ]);
  expect(tensors.get("grown")?.toArray()).toEqual([3, 3]);
});

test("more than one chunk of data is written and hashed whole", async () => {
  const large = arange(5_000_000, { dtype: "float32" }); // 20 MB
  const { sha256 } = await writeSafetensors(path, { large });
  expect(sha256).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
  const back = readSafetensors(path).tensors.get("large");
  expect(back?.eq(large).all().item()).toBe(1);
});

test("a tensor taken from a file outlives it, and changing one does not change the file", async () => {
  await writeSafetensors(path, { a: tensor([1, 2]) });
  const before = readFileSync(path);
  const file = scope(() => openSafetensors(path));
  const a = file.tensor("a");
  file.dispose();
  renameSync(path, `${path}.moved`);
  expect(a.add_(1).toArray()).toEqual([2, 3]);
  expect(readFileSync(`${path}.moved`)).toEqual(before);
  expect(() => file.tensor("a")).toThrow(TorchError);
});

test("nothing native is left behind by reading and writing", async () => {
  const a = tensor([1, 2]);
  const before = memoryStats().liveTensors;
  const b = a.view([2, 1]).t();
  const made = memoryStats().liveTensors;
  await writeSafetensors(path, { a, b });
  scope(() => {
    readSafetensors(path);
  });
  expect(memoryStats().liveTensors).toBeLessThanOrEqual(made);
  expect(made).toBeLessThanOrEqual(before + 2);
});

test("a header with a name of 12 MB is read, and refused where it has that name twice", () => {
  const name = '\\"x'.repeat(4_000_000);
  const entry = (start: number) => `"${name}":${JSON.stringify(f32([1], [start, start + 4]))}`;
  using file = openSafetensors(craft(`{${entry(0)}}`, 4));
  expect([...file.names]).toHaveLength(1);
  expect(() => openSafetensors(craft(`{${entry(0)},${entry(4)}}`, 8))).toThrow("twice");
});

test("names that cannot be are refused, and nothing is left of a write that fails", async () => {
  const here = join(folder, "names");
  await expect(writeSafetensors(join(folder, "none", "x"), {})).rejects.toThrow(/ENOENT/);
  const a = tensor([1]);
  const twice: [string, Tensor][] = [
    ["a", a],
    ["a", a],
  ];
  await expect(writeSafetensors(here, twice)).rejects.toThrow('no tensor can be named "a": two tensors have it');
  await expect(writeSafetensors(here, { __metadata__: a })).rejects.toThrow("the format keeps it for itself");
  const gone = tensor([1]);
  gone.dispose();
  await expect(writeSafetensors(here, { gone })).rejects.toThrow(TorchError);
  expect(readdirSync(folder).filter((name) => name.includes("names") || name.includes("tmp"))).toEqual([]);
});

test("an unknown name is refused with those there are", () => {
  using file = openSafetensors(reference);
  expect(() => file.shape("wte")).toThrow(/reference\.safetensors has no tensor "wte"; it has 17: int64, /);
});

const f32 = (shape: unknown, data_offsets: unknown, dtype: unknown = "F32") => ({ dtype, shape, data_offsets });

/** A file of a header, as text or of these entries, and `data` bytes. */
function craft(header: string | Buffer | object, data = 0, length?: bigint): string {
  const text =
    typeof header === "string" || Buffer.isBuffer(header) ? Buffer.from(header) : Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(text.length));
  const file = join(folder, "hostile.safetensors");
  writeFileSync(file, Buffer.concat([start, text, Buffer.alloc(data, 1)]));
  return file;
}

const two = 2 ** 53 - 1;
const hostile: [why: string, file: () => string][] = [
  ["has 0 bytes, fewer than the 8", () => (writeFileSync(path, ""), path)],
  ["has 7 bytes, fewer than the 8", () => (writeFileSync(path, "1234567"), path)],
  ["length is 18446744073709551615, above the 100000000", () => craft("{}", 0, 2n ** 64n - 1n)],
  ["length is 100000001, above the 100000000", () => craft("{}", 0, 100_000_001n)],
  ["length is 3, but the file ends 2 bytes after it", () => craft("{}", 0, 3n)],
  ["header is not JSON", () => craft("")],
  ["header is not JSON", () => craft('{"a":')],
  ["header is not UTF-8", () => craft(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))],
  ["header is not JSON", () => craft("\uFEFF{}")],
  ["not a JSON object", () => craft("[]")],
  ["not a JSON object", () => craft(" {}")],
  ["not a JSON object", () => craft("null")],
  [
    'has the key "a" twice',
    () => craft(`{"a":${JSON.stringify(f32([1], [0, 4]))},"\\u0061":${JSON.stringify(f32([1], [4, 8]))}}`, 8),
  ],
  ['has the key "shape" twice', () => craft('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4)],
  ['has the key "x" twice', () => craft('{"__metadata__":{"x":"1","x":"2"}}')],
  ['__metadata__ "a" is not a string but 1', () => craft({ __metadata__: { a: 1 } })],
  ["__metadata__ is not an object of strings", () => craft({ __metadata__: [] })],
  ['tensor "a": expected an object, got 1', () => craft({ a: 1 })],
  ["dtype undefined is not one of", () => craft({ a: {} })],
  ['dtype "F8_E4M3" is not one of I64, F64', () => craft({ a: f32([1], [0, 1], "F8_E4M3") }, 1)],
  ['dtype "toString" is not one of', () => craft({ a: f32([1], [0, 1], "toString") }, 1)],
  ["shape is not a list of sizes", () => craft({ a: f32("2", [0, 8]) }, 8)],
  ["shape is not a list of sizes", () => craft({ a: f32([-2], [0, 8]) }, 8)],
  ["shape is not a list of sizes", () => craft({ a: f32([1.5], [0, 6]) }, 6)],
  [
    "shape is not a list of sizes",
    () => craft('{"a":{"dtype":"U8","shape":[9007199254740992],"data_offsets":[0,1]}}', 1),
  ],
  ["data_offsets are not [begin, end]", () => craft({ a: f32([1], [0]) }, 4)],
  ["data_offsets are not [begin, end]", () => craft({ a: f32([1], [0, 4, 8]) }, 4)],
  ["data_offsets are not [begin, end]", () => craft({ a: f32([1], [4, 0]) }, 4)],
  ["data_offsets are not [begin, end]", () => craft({ a: f32([1], [-4, 0]) }, 4)],
  ["data_offsets are not [begin, end]", () => craft({ a: f32([1], "04") }, 4)],
  ["takes 8 bytes, but its data_offsets span 4", () => craft({ a: f32([2], [0, 4]) }, 4)],
  ["takes more bytes than can be counted", () => craft({ a: f32([two, two], [0, 4]) }, 4)],
  ["takes more bytes than can be counted", () => craft({ a: f32([two, two, 0], [0, 0]) })],
  ["takes more bytes than can be counted", () => craft({ a: f32([two], [0, two]) })],
  ["ends 4 bytes after the file", () => craft({ a: f32([2], [0, 8]) }, 4)],
  ["overlaps the tensor before it by 4 bytes", () => craft({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8)],
  ["overlaps the tensor before it by 4 bytes", () => craft({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4)],
  ["leaves a gap before it of 4 bytes", () => craft({ a: f32([1], [4, 8]) }, 8)],
  ["leaves a gap before it of 4 bytes", () => craft({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12)],
  ["4 bytes follow its last tensor", () => craft({ a: f32([1], [0, 4]) }, 8)],
  ["1 bytes follow its last tensor", () => craft({}, 1)],
];

test.each(hostile)("a file is refused whose fault is: %s", (why, file) => {
  const made = file();
  const open = () => openSafetensors(made);
  expect(open).toThrow(why);
  expect(open).toThrow(expect.objectContaining({ code: "FILE", name: "TorchError" }));
});

test("a file that is not there, or is a folder, is refused", () => {
  expect(() => openSafetensors(join(folder, "nowhere"))).toThrow(/nowhere cannot be read \(Error: ENOENT/);
  expect(() => openSafetensors(folder)).toThrow(/cannot be read \(Error: EISDIR/);
});

test("a file cut at any place is refused", () => {
  const bytes = readFileSync(reference);
  const cut = join(folder, "cut.safetensors");
  writeFileSync(cut, bytes);
  for (let size = bytes.length - 1; size >= 0; size -= 7) {
    truncateSync(cut, size);
    expect(() => openSafetensors(cut)).toThrow(TorchError);
  }
});

test("any bit flipped in the header gives a refusal or a file whose tensors can be read", () => {
  const bytes = readFileSync(reference);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const flipped = join(folder, "flipped.safetensors");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: end - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at);
      writeFileSync(flipped, copy);
      let refused: unknown = null;
      try {
        scope(() => [...readSafetensors(flipped).tensors.values()].map((tensor) => tensor.data()));
      } catch (error) {
        refused = error;
      }
      expect([null, "FILE"]).toContain(refused instanceof TorchError ? refused.code : refused);
    }),
    { numRuns: 500 },
  );
});

test("a tensor that does not lie at a multiple of its elements' size is copied", () => {
  const misaligned = craft({ a: f32([1], [0, 1], "U8"), b: f32([2], [1, 9]) }, 9);
  const { tensors } = readSafetensors(misaligned);
  expect(tensors.get("b")?.data()).toEqual(new Float32Array(new Uint8Array(8).fill(1).buffer));
});

test("a header padded with spaces and fields of later versions are read", () => {
  const padded = craft(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"later":{"x":1}}}   `, 1);
  const dtype: DType = openSafetensors(padded).dtype("a");
  expect(dtype).toBe("uint8");
});
