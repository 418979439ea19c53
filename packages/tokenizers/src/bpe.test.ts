import { fileURLToPath } from "node:url";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import { loadAddon } from "./addon.js";
import { TokenizerError } from "./errors.js";
import { loadTokenizer } from "./load.js";
import { StreamDecoder } from "./stream-decoder.js";
import { trainBpe } from "./train-bpe.js";

const open = () => loadTokenizer(fixturePath("gpt2.json"));

test("a lone surrogate is U+FFFD", async () => {
  const tokenizer = await open();
  expect(tokenizer.encode("a\ud800b\udc00")).toEqual(tokenizer.encode("a\ufffdb\ufffd"));
});

test("a byte order mark is a character like any other", async () => {
  const tokenizer = await open();
  expect(tokenizer.decode(tokenizer.encode("\ufeffa"))).toBe("\ufeffa");
});

test("special tokens are recognized in the text where that is asked for, and left out when decoding unless asked for", async () => {
  const tokenizer = await open();
  const ids = tokenizer.encode("a[EOS]b", { specialTokens: true });
  expect(ids).toContain(3);
  expect(tokenizer.isSpecial(3)).toBe(true);
  expect(tokenizer.decode(ids)).toBe("ab");
  expect(tokenizer.decode(ids, { skipSpecial: false })).toBe("a[EOS]b");
});

test("a token has its bytes and its spelling", async () => {
  const tokenizer = await open();
  const [id = 0] = tokenizer.encode(" the");
  expect(tokenizer.token(id)).toBe("Ġthe");
  expect(Buffer.from(tokenizer.tokenBytes(id)).toString()).toBe(" the");
});

describe("the stream decoder", () => {
  test("never gives half a character", async () => {
    const tokenizer = await trainBpe({ texts: ["x"], vocabSize: 300 });
    const stream = new StreamDecoder(tokenizer);
    expect(stream.push(3)).toBe(""); // special tokens are left out unless asked for
    const parts = Array.from(tokenizer.encode("é👩‍👩‍👧中!"), (id) => stream.push(id));
    expect(parts.every((part) => !part.includes("\ufffd"))).toBe(true);
    expect(parts.join("") + stream.end()).toBe("é👩‍👩‍👧中!");
  });

  test("says so when the text stops in the middle of one, and can begin again", async () => {
    const tokenizer = await trainBpe({ texts: ["x"], vocabSize: 300 });
    const stream = new StreamDecoder(tokenizer, { skipSpecial: false });
    const [first = 0] = tokenizer.encode("中");
    expect(stream.push(first)).toBe("");
    expect(stream.end()).toBe("\ufffd");
    expect(stream.push(3) + stream.end()).toBe("[EOS]");
  });
});

describe("what cannot be is refused", () => {
  test.each([-1, 1e9, 0.5, Number.NaN])("token %d", async (id) => {
    const tokenizer = await open();
    for (const use of [() => tokenizer.decode([id]), () => tokenizer.token(id), () => tokenizer.tokenBytes(id)]) {
      expect(use).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
    }
  });

  test("documents that end before they begin, past the bytes, or nowhere", async () => {
    const tokenizer = await open();
    const bytes = new Uint8Array(10);
    for (const ends of [[4, 2], [11], [-1], [1.5], [Number.NaN]]) {
      const batch = tokenizer.encodeBatch({ bytes, ends: Float64Array.from(ends) }, { dtype: "uint16", eos: null });
      await expect(batch).rejects.toMatchObject({ code: "INVALID_INPUT" });
    }
  });

  test("a vocabulary too large for uint16, an end token that is not there, no threads", async () => {
    await using folder = await scratch();
    const large = { a: 70_000 };
    const json = { pre_tokenizer: { type: "ByteLevel", add_prefix_space: false }, model: { vocab: large, merges: [] } };
    const tokenizer = await loadTokenizer(await folder.write("t.json", JSON.stringify(json)));
    const documents = { bytes: Buffer.from("aa"), ends: Uint32Array.of(2) };
    const encode = (options: object) => tokenizer.encodeBatch(documents, { dtype: "uint32", eos: null, ...options });
    await expect(encode({ dtype: "uint16" })).rejects.toThrow("a vocabulary of 70001 does not fit uint16");
    await expect(encode({ dtype: "int8" })).rejects.toThrow("dtype must be");
    await expect(encode({ eos: 70_001 })).rejects.toThrow("there is no token 70001");
    await expect(encode({ threads: 0 })).rejects.toThrow("threads must be");
    expect([...(await encode({ eos: 5 })).ids]).toEqual([70_000, 70_000, 5]);
    const most = { ...json, model: { vocab: { a: 65_535 }, merges: [] } };
    const fitting = await loadTokenizer(await folder.write("most.json", JSON.stringify(most)));
    expect([...(await fitting.encodeBatch(documents, { dtype: "uint16", eos: null })).ids]).toEqual([65_535, 65_535]);
  });

  test("anything at all in place of text, bytes and documents, without harm", async () => {
    const tokenizer = await open();
    const anything = fc.anything({ withTypedArray: true, withSparseArray: true, withBigInt: true });
    const outcomeOf = async (use: (...values: never[]) => unknown, ...values: unknown[]): Promise<unknown> => {
      try {
        await Reflect.apply(use, tokenizer, values);
        return "done";
      } catch (error) {
        return error instanceof TokenizerError ? error.code : error;
      }
    };
    const documents = (value: unknown) => ({ bytes: value, ends: value });
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const bytes = value instanceof Uint8Array;
        expect(await outcomeOf(tokenizer.encode, value)).toBe(typeof value === "string" ? "done" : "INVALID_INPUT");
        expect(await outcomeOf(tokenizer.encodeBytes, value)).toBe(bytes ? "done" : "INVALID_INPUT");
        expect(await outcomeOf(tokenizer.encodeBatch, documents(value), {})).toBe("INVALID_INPUT");
        expect(
          await outcomeOf(
            tokenizer.encodeBatch,
            { bytes: new Uint8Array(4), ends: Uint32Array.of(4) },
            { dtype: value, eos: value },
          ),
        ).toBe("INVALID_INPUT");
      }),
    );
  });
});

test("a batch may be changed or given away while it is encoded", async () => {
  const tokenizer = await open();
  const bytes = new TextEncoder().encode("some words to encode ".repeat(20_000));
  const ends = Float64Array.of(bytes.length);
  const expected = Uint16Array.from(tokenizer.encodeBytes(bytes));
  const running = [1, 2].map(() => tokenizer.encodeBatch({ bytes, ends }, { dtype: "uint16", eos: null }));
  structuredClone(bytes, { transfer: [bytes.buffer] });
  for (const { ids } of await Promise.all(running))
    expect(Buffer.from(ids.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
});

test("an empty batch, and one of empty documents", async () => {
  const tokenizer = await open();
  const bytes = new Uint8Array();
  const none = await tokenizer.encodeBatch({ bytes, ends: Uint32Array.of() }, { dtype: "uint32", eos: 3 });
  expect(none).toEqual({ ids: new Uint32Array(), counts: new Uint32Array(), specialTokens: 0 });
  const two = await tokenizer.encodeBatch({ bytes, ends: Uint32Array.of(0, 0) }, { dtype: "uint16", eos: 3 });
  expect(two).toEqual({ ids: Uint16Array.of(3, 3), counts: Uint32Array.of(1, 1), specialTokens: 0 });
});

test("worker threads have the addon each for itself", async () => {
  const path = fileURLToPath(new URL("../build/tokenizers.node", import.meta.url));
  const source = `
    const { Trainer } = require(${JSON.stringify(path)});
    const t = new Trainer(2);
    t.countDocuments(new Uint8Array(4 << 20).fill(97), Uint32Array.of(4 << 20)).then(() => {
      require("node:worker_threads").parentPort.postMessage(t.progress().bytes);
    });`;
  const workers = Array.from({ length: 3 }, () => new Worker(source, { eval: true }));
  const bytes = await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  expect(bytes).toEqual([4 << 20, 4 << 20, 4 << 20]);
  const stopped = new Worker(source, { eval: true });
  await new Promise((resolve) => stopped.once("online", resolve));
  await stopped.terminate(); // in the middle of its work: this process must survive it
});

describe("saving", () => {
  test("a loaded file is written back as it was", async () => {
    await using folder = await scratch();
    const tokenizer = await loadTokenizer(fixturePath("qwen2.json"));
    await tokenizer.save(`${folder.path}/new`);
    expect((await loadTokenizer(`${folder.path}/new`)).vocabSize).toBe(tokenizer.vocabSize);
  });

  test("a file that cannot be put in place leaves nothing behind", async () => {
    await using folder = await scratch();
    await mkdir(`${folder.path}/tokenizer.json/in-the-way`, { recursive: true });
    await expect((await open()).save(folder.path)).rejects.toThrow("EISDIR");
    expect(await readdir(folder.path)).toEqual(["tokenizer.json"]);
  });
});

describe("an addon that", () => {
  test("is not built is named with what to do", () => {
    expect(() => loadAddon("/nowhere.node")).toThrow(/cannot load \/nowhere\.node; build it/);
  });

  test("is something else is refused", async () => {
    await using folder = await scratch();
    const path = await folder.write("other.cjs", "module.exports = { Trainer: 1 }");
    await chmod(path, 0o600);
    expect(() => loadAddon(path)).toThrow(/is another addon/);
  });
});
