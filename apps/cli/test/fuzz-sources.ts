import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchPath } from "@trainer/testing";
import { archive, tar, END } from "@trainer/testing/tar";
import { build, llama, llamaConfig, saveModel } from "@trainer/models";
import { trainTokenizer } from "@trainer/tokenizers";
import { exportGguf, openHome } from "@trainer/training";
import { z } from "zod";
import type { Source } from "./fuzz-mutant.js";

const packages = fileURLToPath(new URL("../../../packages/", import.meta.url));
const at = (path: string): string => join(packages, path);

/** A folder's files, of which those named are changed. */
function folder(path: string, changed: readonly string[], left: readonly string[] = []): Source {
  const names = readdirSync(at(path)).filter((name) => !/^(reference|expected)\./.test(name) && !left.includes(name));
  return { files: new Map(names.map((name) => [name, readFileSync(at(join(path, name)))])), changed };
}

const MODELS = ["gpt2", "llama", "llama-untied", "qwen2", "qwen3"].map((name) => `models/test/fixtures/${name}`);
const FRAMED = ["gpt2", "llama", "qwen2"].map((name) => `training/test/fixtures/framed-${name}`);
/** A model whose weights are found by way of an index. */
function indexed(path: string): Source {
  const { files } = folder(path, []);
  const weights = files.get("model.safetensors") ?? Buffer.alloc(8);
  const header = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(weights.toString("utf8", 8, 8 + weights.readUInt32LE())));
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const index = { metadata: {}, weight_map: Object.fromEntries(names.map((name) => [name, "one.safetensors"])) };
  const shards = new Map([...files, ["one.safetensors", weights], [INDEX, Buffer.from(JSON.stringify(index))]]);
  shards.delete("model.safetensors");
  return { files: shards, changed: [INDEX] };
}
const INDEX = "model.safetensors.index.json";

const TOKENIZERS =
  "gpt2 qwen2 llama3 char pieces-fallback pieces-gemma pieces-legacy pieces-llama2 pieces-mistral".split(" ");

const only = (name: string, bytes: Buffer): Source => ({ files: new Map([[name, bytes]]), changed: [name] });

async function sentencePieces(): Promise<Source[]> {
  const files = [at("tokenizers/test/fixtures/prose.txt")];
  const models = (["bpe", "unigram", "char"] as const).map(async (modelType) => {
    const vocabSize = 400;
    const options = { files, vocabSize, sentencepiece: { modelType, byteFallback: modelType === "bpe" } };
    const dir = scratchPath("sentencepiece");
    await (await trainTokenizer("sentencepiece", options)).save(dir);
    return only("tokenizer.model", readFileSync(join(dir, "tokenizer.model")));
  });
  return await Promise.all(models);
}

/** Models of each kind of tokenizer that a GGUF file can have, and of each layout of heads. */
async function ggufFiles(): Promise<Source[]> {
  const dir = scratchPath("gguf");
  const home = openHome(join(dir, "home"));
  const files = [at("tokenizers/test/fixtures/prose.txt")];
  const sentencepiece = { modelType: "unigram" } as const;
  await (await trainTokenizer("sentencepiece", { files, vocabSize: 300, sentencepiece })).save(join(dir, "pieces"));
  const pieces = build(
    llama,
    llamaConfig({ vocabSize: 300, hiddenSize: 16, intermediateSize: 16, numHiddenLayers: 1, numAttentionHeads: 2 }),
  );
  await saveModel(join(dir, "pieces"), pieces, { bosTokenId: 1, eosTokenId: 2, padTokenId: null });
  const folders = [
    at("training/test/fixtures/framed-gpt2"),
    at("training/test/fixtures/framed-qwen2"),
    join(dir, "pieces"),
  ];
  const models = folders.map(async (folder, i) => {
    const out = join(dir, `${i}.gguf`);
    await exportGguf(folder, out, { home, type: i === 0 ? "q8_0" : "f32" });
    return only("model.gguf", readFileSync(out));
  });
  return await Promise.all(models);
}

const MEMBERS = [
  { name: "model-r/manifest.json", content: '{"run_id":"r","status":"completed"}' },
  { name: "model-r/eval/", type: "5" },
  { name: "model-r/eval/metrics.json", content: '{"loss":1.5}' },
  { name: "model-r/model.safetensors", content: Buffer.alloc(3000, 7) },
];

const EVENTS = [
  ': hello\nretry: 10\n\nid: 1\ndata: {"type":"step","step":1,"loss":2.5}\n\n',
  'id: 2\nevent: accepted\ndata: {"request_id":"a","session_id":null,"status":"queued"}\n\n',
  'event: text\ndata: {"type":"text","sequence":0,\ndata: "text":"Hello"}\r\n\r\n',
];

const FORM = [
  'multipart/form-data; boundary="one"\npreamble\r\n--one\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--one\r\n',
  'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nsome text\r\n--one--\r\n',
].join("");

/** Sources of mutants, by reader. */
export const SOURCES: Readonly<Record<string, () => Promise<readonly Source[]>>> = {
  "tokenizer.json": async () => [
    ...FRAMED.map((path) => folder(path, ["tokenizer.json", "tokenizer_config.json"])),
    ...TOKENIZERS.map((name) => only("tokenizer.json", readFileSync(at(`tokenizers/test/fixtures/${name}.json`)))),
  ],
  "tokenizer.model": sentencePieces,
  safetensors: async () => [
    ...MODELS.map((path) => folder(path, ["model.safetensors"])),
    indexed("models/test/fixtures/gpt2"),
  ],
  gguf: ggufFiles,
  "model.pt": async () => [folder("models/test/fixtures/char_lstm", ["model.pt"], ["model.safetensors"])],
  "config.json": async () => [
    folder("models/test/fixtures/char_lstm", ["config.json"]),
    ...MODELS.map((path) => folder(path, ["config.json"])),
    ...FRAMED.map((path) => folder(path, ["config.json", "generation_config.json"])),
  ],
  adapter: async () =>
    ["one", "all"].map((name) =>
      folder(`models/test/fixtures/lora/${name}`, ["adapter_config.json", "adapter_model.safetensors"]),
    ),
  "run.tar": async () => [only("run.tar", Buffer.concat([tar(...MEMBERS), END]))],
  "run.tar.gz": async () => [only("run.tar.gz", archive(...MEMBERS))],
  events: async () => [
    only("events.txt", Buffer.from(EVENTS.join(""))),
    ...EVENTS.map((e) => only("events.txt", Buffer.from(e))),
  ],
  form: async () => [only("form.txt", Buffer.from(FORM))],
};
