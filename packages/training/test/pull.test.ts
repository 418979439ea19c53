import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubClient } from "@trainer/client/hub";
import { startHub, type HubModel, type StartedHub } from "@trainer/testing/hub";
import { containing, scratch } from "@trainer/testing";
import { loadTokenizer } from "@trainer/tokenizers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pullModel } from "../src/artifact/pull/pull-model.js";
import { exportedFolder, listExported } from "../src/home/exported-models.js";
import { openHome, type Home } from "../src/home/home.js";
import { takeLock } from "../src/home/wait-for-lock.js";
import { openModel } from "../src/inference/open-model.js";
import { tinyGpt2 } from "./fixture.js";

const NAME = "owner/tiny";
const file = (name: string) => readFileSync(join(tinyGpt2, name));
const tiny = {
  "README.md": '---\nlicense: "apache-2.0"\nlanguage: en\n---\n# Tiny\nlicense: none\n',
  "config.json": file("config.json"),
  "generation_config.json": file("generation_config.json"),
  "model.safetensors": file("model.safetensors"),
  "modeling_tiny.py": "raise SystemExit",
  "pytorch_model.bin": "a pickle",
  "tokenizer.json": file("tokenizer.json"),
  "tokenizer_config.json": file("tokenizer_config.json"),
  LICENSE: "do as you like",
};

let hub: StartedHub;
let folder: Awaited<ReturnType<typeof scratch>>;
let home: Home;
beforeEach(async () => {
  hub = await startHub({ [NAME]: { files: tiny } });
  folder = await scratch();
  home = openHome(folder.join("home"));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Asked {
  readonly name?: string;
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (at: { readonly bytes: number; readonly totalBytes: number }) => void;
}
const pull = ({ name = NAME, ...options }: Asked = {}) => {
  const client = new HubClient({ url: hub.url, retries: 0 });
  return pullModel(name, { home, hub: client, revision: "main", openTokenizer: loadTokenizer, ...options });
};
const publish = (files: HubModel["files"], name = NAME) => void hub.models.set(name, { files });
const without = (...names: readonly string[]) =>
  Object.fromEntries(Object.entries(tiny).filter(([name]) => !names.includes(name)));
const fetched = () =>
  hub.requests.filter(({ url }) => url.includes("/resolve/")).map(({ url }) => url.replace(/.*\//, ""));
const stagings = () => readdirSync(home.exports).filter((name) => name.startsWith(".pull-"));

test("a model comes whole, is described, and can be asked by its id", async () => {
  const seen: (readonly [number, number])[] = [];
  const pulled = await pull({ onProgress: ({ bytes, totalBytes }) => void seen.push([bytes, totalBytes]) });
  const size = tiny["model.safetensors"].length;
  expect(pulled).toEqual({
    id: "export~tiny",
    path: join(home.exports, "tiny"),
    commit: hub.commitOf(NAME),
    family: "GPT-2",
    modelType: "gpt2",
    contextLength: 32,
    parameters: 12_016,
    licence: "apache-2.0",
    bytes: Object.values(without("modeling_tiny.py", "pytorch_model.bin")).reduce((sum, { length }) => sum + length, 0),
    wasThere: false,
  });
  expect(seen.at(-1)).toEqual([size, size]);
  expect(readdirSync(pulled.path).toSorted()).toEqual(
    [...Object.keys(without("modeling_tiny.py", "pytorch_model.bin")), "pulled.json"].toSorted(),
  );
  expect(await listExported(home)).toMatchObject([{ id: "export~tiny", modelType: "gpt2" }]);
  expect(await exportedFolder(home, "export~tiny")).toBe(pulled.path);
  expect(readdirSync(home.exports)).toEqual(["tiny"]);
  using model = await openModel("export~tiny", { home, device: "cpu" });
  expect(model.model.vocabSize).toBe(307);
});

test("what is there is not fetched again, and what a file lost is", async () => {
  const { path, ...facts } = await pull();
  hub.requests.splice(0);
  expect(await pull()).toEqual({ ...facts, path, wasThere: true });
  expect(fetched()).toEqual([]);
  await writeFile(join(path, "tokenizer.json"), "{");
  expect(await pull()).toMatchObject({ path, wasThere: false });
  expect(fetched()).toContain("model.safetensors"); // what lies in a home may have been changed: all of it comes anew
  expect(readFileSync(join(path, "tokenizer.json"))).toEqual(tiny["tokenizer.json"]);
});

test("a later commit takes the place of an earlier one, and leaves nothing beside it", async () => {
  const { path, commit } = await pull();
  await mkdir(join(home.exports, ".pull-tiny-0123456789ab"));
  await mkdir(join(home.exports, ".pull-tiny-x-0123456789ab"));
  publish({ ...without("LICENSE"), "README.md": "no front matter" });
  const later = await pull();
  expect(later).toMatchObject({ path, licence: null, wasThere: false });
  expect(later.commit).not.toBe(commit);
  expect(existsSync(join(path, "LICENSE"))).toBe(false);
  expect(stagings()).toEqual([".pull-tiny-x-0123456789ab"]); // of another model
});

test("weights in several files come by their list", async () => {
  const index = (map: unknown) => JSON.stringify({ metadata: {}, weight_map: map });
  const shard = "model-00001-of-00001.safetensors";
  const files = { ...without("model.safetensors"), [shard]: tiny["model.safetensors"] };
  publish({ ...files, "model.safetensors.index.json": index({ a: shard, b: shard }) });
  const { path, parameters } = await pull();
  expect(parameters).toBe(12_016);
  expect(readdirSync(path)).toEqual(expect.arrayContaining([shard, "model.safetensors.index.json"]));
  for (const [list, message] of [
    [index({ a: "../../../evil.safetensors" }), 'names "../../../evil.safetensors", which is no safetensors file'],
    [index({ a: "weights.bin" }), 'names "weights.bin", which is no safetensors file beside it'],
    [index({ a: "model-2.safetensors" }), "names model-2.safetensors, which is not there"],
    [index({}), "lists no weights"],
    ["{}", "is no list of weights"],
    ["<html>", "is no list of weights"],
  ] as const) {
    publish({ ...files, "model.safetensors.index.json": list });
    hub.requests.splice(0);
    const wanted = { code: "MODEL_INCOMPATIBLE", message: containing(message) };
    await expect(pull()).rejects.toMatchObject(wanted);
    expect(fetched()).not.toContain(shard);
  }
});

const config = (fields: object) => ({ ...tiny, "config.json": JSON.stringify({ model_type: "llama", ...fields }) });

test.each<[string, HubModel["files"], string, string]>([
  ["pickles alone", without("model.safetensors"), "MODEL_NOT_FOUND", "but pytorch_model.bin; files that Python would"],
  [
    "another format alone",
    { ...without("model.safetensors", "pytorch_model.bin"), "tiny.gguf": "GGUF" },
    "MODEL_NOT_FOUND",
    "owner/tiny has no model.safetensors, but tiny.gguf: look for",
  ],
  ["no weights", without("model.safetensors", "pytorch_model.bin"), "MODEL_NOT_FOUND", "there is no model.safetensors"],
  [
    "an adapter alone",
    { ...without("model.safetensors"), "adapter_model.safetensors": "" },
    "MODEL_NOT_FOUND",
    "holds an adapter alone",
  ],
  ["no config", without("config.json"), "MODEL_NOT_FOUND", "has no config.json"],
  ["no tokenizer", without("tokenizer.json"), "TOKENIZER_NOT_FOUND", "none of tokenizer.json and tokenizer.model"],
  [
    "a tokenizer that is broken",
    { ...tiny, "tokenizer.json": "{}" },
    "TOKENIZER_LOAD_FAILED",
    "owner/tiny: tokenizer.json",
  ],
  ["no family", config({ model_type: "mamba2" }), "UNSUPPORTED_BACKEND", 'no model family "mamba2"; there are: gpt2, '],
  ["no such size", config({ hidden_act: "relu" }), "MODEL_INCOMPATIBLE", "not a LLaMA that can be built (hidden_act"],
  [
    "quantized weights",
    config({ quantization_config: { quant_method: "awq" } }),
    "MODEL_INCOMPATIBLE",
    "its weights are quantized by awq",
  ],
  [
    "weights quantized somehow",
    config({ quantization_config: {} }),
    "MODEL_INCOMPATIBLE",
    "quantized by a method that it does not name",
  ],
  ["a config that is none", { ...tiny, "config.json": "[]" }, "MODEL_INCOMPATIBLE", "does not say what it is of"],
  ["a config that is no JSON", { ...tiny, "config.json": "<" }, "MODEL_INCOMPATIBLE", "does not say what it is of"],
])("a repository with %s is refused before its weights are fetched", async (_, files, code, message) => {
  publish(files);
  await expect(pull()).rejects.toMatchObject({ name: "TrainingError", code, message: containing(message) });
  expect(fetched()).not.toContain("model.safetensors");
  expect(existsSync(home.exports) ? readdirSync(home.exports) : []).toEqual([]);
});

test("weights that are no safetensors, though they are what was announced, are not put in place", async () => {
  for (const content of ["", "short", Buffer.concat([tiny["model.safetensors"], Buffer.of(0)])]) {
    publish({ ...tiny, "model.safetensors": content });
    const wanted = { code: "MODEL_LOAD_FAILED", message: containing("is not a sound safetensors file") };
    await expect(pull()).rejects.toMatchObject(wanted);
    expect(readdirSync(home.exports)).toEqual([]);
  }
});

/** Answers of the listing with another size of a file. */
function announce(name: string, size: number): void {
  hub.fault = ({ url }, res) => {
    if (!url.includes("/tree/")) return false;
    const entries = Object.keys(tiny).map((path) => ({
      type: "file",
      path,
      oid: "0".repeat(40),
      size: path === name ? size : 1,
    }));
    res.end(JSON.stringify(entries));
    return true;
  };
}

test("a huge announced size is refused: of what is read whole by a bound, of weights by the disk", async () => {
  announce("tokenizer.json", 2 ** 40);
  await expect(pull()).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing("tokenizer.json has 1099511627776 bytes, and at most 268435456 are read"),
  });
  hub.fault = () => false;
  const client = new HubClient({ url: hub.url, retries: 0 });
  const huge = {
    url: hub.url,
    async repository(...asked: Parameters<HubClient["repository"]>) {
      const found = await client.repository(...asked);
      const sized = found.files.map((each) => (each.name === "model.safetensors" ? { ...each, size: 2 ** 52 } : each));
      return { ...found, files: sized };
    },
    download: (...asked: Parameters<HubClient["download"]>) => client.download(...asked),
  };
  await expect(
    pullModel(NAME, { home, hub: huge, revision: "main", openTokenizer: loadTokenizer }),
  ).rejects.toMatchObject({
    code: "INSUFFICIENT_STORAGE",
    message: containing(`owner/tiny needs ${2 ** 52} bytes more, and the disk of `),
  });
  expect(fetched()).not.toContain("model.safetensors");
});

test("a pull that breaks off leaves no model, and the next goes on where it was", async () => {
  const size = tiny["model.safetensors"].length;
  let broken = () => {};
  hub.fault = ({ host }, res) => {
    if (host !== "store") return false;
    res.writeHead(200, { "content-length": size }).write(tiny["model.safetensors"].subarray(0, 20_000));
    broken = () => res.destroy();
    return true;
  };
  const onProgress = ({ bytes }: { readonly bytes: number }) => void (bytes === 20_000 && broken());
  await expect(pull({ onProgress })).rejects.toMatchObject({ name: "ServiceError", code: "UNREACHABLE" });
  expect(await listExported(home)).toEqual([]);
  hub.fault = () => false;
  hub.requests.splice(0);
  expect(await pull()).toMatchObject({ wasThere: false });
  expect(fetched()).toEqual(["model.safetensors"]);
  expect(hub.requests.at(-1)?.headers.range).toBe("bytes=20000-");
  expect(stagings()).toEqual([]);
});

test("one process pulls a model at a time", async () => {
  await mkdir(home.exports, { recursive: true });
  using lock = takeLock(join(home.exports, ".pull-tiny.lock"));
  expect(lock).not.toBeNull();
  await expect(pull()).rejects.toMatchObject({ code: "CONFLICT", message: containing("is being pulled by another") });
});

test("what lies in the place of a model stays, unless it is the same model", async () => {
  const out = folder.join("mine");
  await mkdir(out);
  expect(await pull({ out })).toMatchObject({ id: out, path: out });
  publish(tiny, "somebody/tiny");
  await expect(pull({ out, name: "somebody/tiny" })).rejects.toMatchObject({
    code: "CONFLICT",
    message: containing("mine is the model of owner/tiny: name another folder"),
  });
  await rm(join(out, "pulled.json"));
  await expect(pull({ out })).rejects.toThrow("is there already, and was not pulled");
  await expect(pull({ out: await folder.write("text", "a text") })).rejects.toThrow("is there already");
  await symlink(folder.path, folder.join("link"));
  await expect(pull({ out: folder.join("link") })).rejects.toThrow("is there already");
  expect(fetched().filter((name) => name === "config.json")).toHaveLength(1);
});

test.each(["tiny", "a/b/c", "../x", "a/..", "a/.b", "a b/c", "a/b?", "/a/b", ""])(
  "%j is no repository, and nothing is asked",
  async (name) => {
    await expect(pull({ name })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: containing("expected owner/name"),
    });
    expect(hub.requests).toEqual([]);
  },
);

test.each(["/", "/.hidden"])("%s cannot be a model's folder", async (out) => {
  await expect(pull({ out })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("cannot be the folder"),
  });
});

test("the licence is the card's, by its own name where it is another", async () => {
  for (const [card, licence] of [
    ["---\r\nlicense: mit\r\n---\r\n", "mit"],
    ["---\nlicense: other\nlicense_name: 'llama3.2'\n---\n", "llama3.2"],
    ["---\nlicense: other\n---\n", "other"],
    ["---\ntags: []\n---\n", null],
    ["---\nlicense: ''\n---\n", null],
    [`---\nlicense:${" ".repeat(1 << 20)}x\n---\n`, null], // further than a card is looked at
  ]) {
    publish({ ...tiny, "README.md": String(card) });
    expect((await pull()).licence).toBe(licence);
  }
  publish(without("README.md"));
  expect((await pull()).licence).toBeNull();
});
