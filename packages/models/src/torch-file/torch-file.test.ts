import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { readSafetensors } from "@trainer/torch";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { ModelError } from "../errors.js";
import { loadModel } from "../hf.js";
import { Call, Global, Persistent, readPickle } from "./pickle.js";
import { readStateDict } from "./state-dict.js";
import { readStoredZip } from "./zip.js";

const FIXTURE = fileURLToPath(new URL("../../test/fixtures/char_lstm", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "torch-file-"));
afterAll(() => rmSync(dir, { recursive: true }));
const archive = readFileSync(join(FIXTURE, "model.pt"));

function open(bytes: Uint8Array) {
  const path = join(dir, "model.pt");
  writeFileSync(path, bytes);
  return readStateDict(path);
}

/** A zip archive of stored files, as torch.save makes them. */
function zip(files: Record<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(files)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt32LE(crc32(data), 16);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), data);
    directory.push(central, Buffer.from(name));
    at += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The pickle of a state dict of tensors, all of one storage, written as torch does; what is given takes the place of a right part. */
function pickled({
  storage = "FloatStorage",
  offset = 0,
  shape = [2, 2],
  strides = [2, 1],
  id = "storage",
  names = ["w"],
} = {}): Buffer {
  const text = (s: string) =>
    Buffer.concat([Buffer.from("X"), Buffer.from(Uint32Array.of(s.length).buffer), Buffer.from(s)]);
  const tuple = (values: readonly number[]) => Buffer.from([0x28, ...values.flatMap((n) => [0x4b, n]), 0x74]);
  const stored = [
    Buffer.from("ctorch._utils\n_rebuild_tensor_v2\n(("),
    text(id),
    Buffer.from(`ctorch\n${storage}\n`),
    text("0"),
    text("cpu"),
    Buffer.from([0x4b, 4, 0x74, 0x51]),
    Buffer.from([0x4b, offset]),
    tuple(shape),
    tuple(strides),
    Buffer.from("\x89h\x00tR", "latin1"),
  ];
  return Buffer.concat([
    Buffer.from("\x80\x02", "latin1"),
    Buffer.from("ccollections\nOrderedDict\n)Rq\x00("),
    ...names.flatMap((name) => [text(name), ...stored]),
    Buffer.from("u."),
  ]);
}
const data = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
const file = (pickle: Buffer, more: Record<string, Buffer> = { "m/data/0": data }) =>
  open(zip({ "m/data.pkl": pickle, ...more }));

test("a model.pt of torch.save has the tensors of the safetensors file beside it", async () => {
  const { tensors } = readSafetensors(join(FIXTURE, "model.safetensors"));
  const found = readStateDict(join(FIXTURE, "model.pt"));
  expect(Array.from(found.keys()).toSorted()).toEqual(Array.from(tensors.keys()).toSorted());
  for (const [name, tensor] of found) expect(tensor.toArray()).toEqual(tensors.get(name)?.toArray());
  cpSync(join(FIXTURE, "config.json"), join(dir, "config.json"));
  cpSync(join(FIXTURE, "model.pt"), join(dir, "model.pt"));
  const [{ model }, { model: same }] = [await loadModel(dir), await loadModel(FIXTURE)];
  expect(model.head.toArray()).toEqual(same.head.toArray());
});

test("a tensor may be a part of its storage, and of another type", () => {
  expect(file(pickled()).get("w")?.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(
    file(pickled({ offset: 1, shape: [1, 3], strides: [7, 1] }))
      .get("w")
      ?.toArray(),
  ).toEqual([[2, 3, 4]]);
  const half = file(pickled({ storage: "BFloat16Storage" }), {
    "m/data/0": Buffer.from(Uint16Array.of(0x3f80, 0, 0, 0).buffer),
  });
  expect(half.get("w")?.dtype).toBe("bfloat16");
  expect(half.get("w")?.toArray()).toEqual([
    [1, 0],
    [0, 0],
  ]);
});

test("tensors of one storage share its memory, however many they are", () => {
  const names = Array.from({ length: 300 }, (_, i) => `w${i}`);
  const tensors = file(pickled({ names }));
  expect([...tensors.keys()]).toEqual(names);
  tensors.get("w0")?.fill_(7);
  expect(tensors.get("w299")?.toArray()).toEqual([
    [7, 7],
    [7, 7],
  ]);
});

test.each([
  ["that runs something", () => file(Buffer.from("cos\nsystem\n(X\x02\0\0\0lstR.")), "refers to os.system"],
  ["that imports anything", () => file(Buffer.from("c__builtin__\neval\n.")), "refers to __builtin__.eval"],
  ["with another operation", () => file(Buffer.from("(lp0\n.")), "operation 0x6c at byte 1"],
  ["with numbers as text", () => file(Buffer.from("I5\n.")), "operation 0x49 at byte 0"],
  ["of something else", () => file(Buffer.from("K\x05.")), "it is no state dict"],
  ["of a number", () => file(Buffer.from("}X\x01\0\0\0aK\x05s.")), "a in it is no tensor"],
  ["without names", () => file(Buffer.from("}K\x01K\x05s.")), "a tensor's name in it is no text"],
  ["whose storage is no storage", () => file(pickled({ id: "module" })), "w: its description is not one of a tensor"],
  ["of columns", () => file(pickled({ strides: [1, 2] })), "w: its numbers are not in row-major order"],
  ["beyond its storage", () => file(pickled({ offset: 1 })), "w: some of its numbers are missing"],
  ["without numbers", () => file(pickled(), {}), "w: its numbers are not there"],
  [
    "of complex numbers",
    () => file(pickled({ storage: "ComplexFloatStorage" })),
    "refers to torch.ComplexFloatStorage",
  ],
  ["of another machine", () => file(pickled(), { "m/data/0": data, "m/byteorder": Buffer.from("big") }), "big-endian"],
  ["of nothing", () => open(zip({ "m/other": data })), "there is no data.pkl in it"],
  ["of PyTorch before 2020", () => open(Buffer.from("\x80\x02\x8a\nl\xfc")), "it is no zip archive"],
])("a file %s is refused with the reason", (_what, read, reason) => {
  expect(read).toThrow(ModelError);
  expect(read).toThrow(reason);
});

const pickle = (bytes: string) => () => readPickle(Buffer.from(bytes, "latin1"), ["a.b"], "here");

test("what a pickle says is read, not done", () => {
  expect(pickle("\x80\x02N\x85\x94.")()).toEqual([null]);
  expect(pickle("\x95\0\0\0\0\0\0\0\0\x88\x89J\xff\xff\xff\xff\x87r\x01\0\0\0j\x01\0\0\0\x86.")()).toEqual([
    [true, false, -1],
    [true, false, -1],
  ]);
  expect(pickle("M\x01\x02\x8a\0\x8a\x02\0\x01\x87.")()).toEqual([513, 0, 256]);
  expect(pickle("\x8c\x02hi.")()).toBe("hi");
  expect(pickle("ca\nb\n)R.")()).toEqual(new Call("a.b", []));
  expect(pickle("ca\nb\n.")()).toEqual(new Global("a.b"));
  expect(pickle("K\x07Q.")()).toEqual(new Persistent(7));
  expect(pickle("}N}b.")()).toBeNull();
  expect(pickle("}(K\x01u.")()).toEqual(new Map([[1, null]]));
});

test.each([
  [".", "takes from an empty stack"],
  ["K\x01\x86.", "takes from an empty stack"],
  ["t.", "a mark that it has not set"],
  ["h\x05.", "recalls number 5"],
  ["NNNs.", "sets items of something that is no dictionary"],
  ["NNR.", "calls what cannot be called"],
  ["ca\nb\nNR.", "calls what cannot be called"],
  ["X\xff\0\0\0a.", "is cut off"],
  ["ca\nb", "is cut off"],
  ["", "it is cut off"],
  ["\x8a\x07\0\0\0\0\0\0\0.", "it is cut off"],
])("the pickle %j is refused", (bytes, reason) => {
  expect(pickle(bytes)).toThrow(reason);
});

function readOrRefused(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    return error instanceof ModelError;
  }
}

test("an archive that is damaged anywhere is read or refused, never worse", () => {
  fc.assert(
    fc.property(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length), (at, value, length) => {
      const damaged = Buffer.from(archive.subarray(0, length));
      if (at < length) damaged[at] = value;
      const whole = Buffer.from(archive);
      whole[at] = value;
      for (const bytes of [damaged, whole]) {
        expect(readOrRefused(() => open(bytes))).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

test("entries that lie over each other are refused, for they could take any memory", () => {
  const files = zip({ a: Buffer.alloc(1000), b: Buffer.alloc(0) });
  const [first, second] = [files.indexOf("PK\x01\x02"), files.lastIndexOf("PK\x01\x02")];
  files.copy(files, second, first, first + 46);
  expect(() => readStoredZip(files, "here")).toThrow("its entries overlap");
});

test("any bytes are a pickle or refused", () => {
  const operations = Buffer.from("()N}qhXKMJQRtsuc.b\x80\x85\x86\x87\x88\x89\x8a\x8c\x94\x95rj", "latin1");
  const byte = fc.oneof(fc.constantFrom(...operations), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
      expect(readOrRefused(() => readPickle(Buffer.from(bytes), [], "here"))).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test("entries that are compressed or lie elsewhere are refused", () => {
  const good = zip({ a: data });
  const central = good.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const change = (at: number, value: number) => {
    const bad = Buffer.from(good);
    bad[at] = value;
    return () => readStoredZip(bad, "here");
  };
  expect(readStoredZip(good, "here").get("a")).toEqual(data);
  expect(change(central + 10, 8)).toThrow("a is compressed");
  expect(change(central + 24, 255)).toThrow("a lies outside of it");
  expect(change(central + 42, 1)).toThrow("a lies outside of it");
  expect(change(central, 1)).toThrow("its directory is cut off");
  expect(change(31, 1)).toThrow("a is damaged (its CRC-32 differs)");
});
