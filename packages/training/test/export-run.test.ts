import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel, saveModel } from "@trainer/models";
import { familyInfo } from "@trainer/models/capabilities";
import { trainBpe, trainChar, trainSentencePiece, type Tokenizer } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openHome } from "../src/home/home.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import { writeManifest } from "../src/home/manifest.js";
import { newManifest } from "../src/run/new-manifest.js";
import { parseTrainOptions } from "../src/options/options.js";
import { exportNotes, opensInTransformers } from "../src/artifact/export-notes.js";
import { modelCard } from "../src/artifact/model-card.js";
import { exportRun } from "../src/inference/export-run.js";
import { generate } from "../src/inference/generate.js";
import { openModel } from "../src/inference/open-model.js";
import { containing, tinyGpt2 } from "./fixture.js";

const FILES = [
  "README.md",
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

async function homeWithRun(path: string) {
  const home = openHome(path);
  const dir = join(home.models, "novel");
  await mkdir(home.models, { recursive: true });
  await cp(tinyGpt2, dir, { recursive: true });
  const manifest = await newManifest(
    "novel",
    { ...parseTrainOptions({ corpus: "corpus.txt" }), maxSeqLen: 512 },
    {
      device: "cpu",
      precision: "fp32",
    },
  );
  const results = { status: "completed", steps: 321, test_loss: 1.23456789, test_perplexity: null } as const;
  await writeManifest(join(dir, "manifest.json"), { ...manifest, ...results });
  return { home, dir };
}

test("an exported run is a folder that opens as the same model, with a card that tells its results", async () => {
  await using temporary = await temporaryFolder();
  const { home, dir } = await homeWithRun(join(temporary.path, "runs"));
  const out = join(temporary.path, "a", "deep", "folder");
  const exported = await exportRun("novel", out, { home });
  expect(exported).toMatchObject({ path: out, files: FILES });
  expect((await readdir(out)).toSorted()).toEqual(FILES);
  expect((await readdir(join(temporary.path, "a", "deep"))).toSorted()).toEqual(["folder"]);
  for (const name of ["config.json", "model.safetensors"]) {
    expect(await readFile(join(out, name))).toEqual(await readFile(join(dir, name)));
  }
  const input = { prompt: "The lamp", maxNewTokens: 20, seed: 1 };
  using original = await openModel("novel", { home });
  using copy = await openModel(out, { home });
  expect(await generate(copy, input)).toEqual(await generate(original, input));

  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain("# novel");
  expect(card).toContain("| steps | 321 |");
  expect(card).toContain("| test loss (nats per token) | 1.2346 |");
  expect(card).not.toContain("test perplexity");
});

test("a folder from elsewhere is exported too, named after where it goes", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(join(temporary.path, "runs"));
  const source = join(temporary.path, "hf");
  await cp(tinyGpt2, source, { recursive: true });
  await rm(join(source, "generation_config.json"));
  const out = join(temporary.path, "my-model");
  await mkdir(out);
  const { files } = await exportRun(source, out, { home });
  expect(files).toEqual(FILES.filter((name) => name !== "generation_config.json"));
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain("# my-model");
  expect(card).not.toContain("## Training");
});

test("weights in several files stay so, and those of a Python run become a file that other programs open", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(join(temporary.path, "runs"));
  const [parted, python] = [join(temporary.path, "parted"), join(temporary.path, "python")];
  for (const source of [parted, python]) {
    await cp(tinyGpt2, source, { recursive: true });
    await rm(join(source, "model.safetensors"));
  }
  const { model, specials } = await loadModel(tinyGpt2);
  await saveModel(parted, model, specials, { maxShardBytes: 20_000 });
  const lstm = fileURLToPath(new URL("../../models/test/fixtures/char_lstm", import.meta.url));
  for (const name of ["config.json", "model.pt"]) await cp(join(lstm, name), join(python, name));
  await (await trainChar({ texts: ["abc"] })).save(python);

  const exported = async (source: string) => {
    const out = `${source}-out`;
    await exportRun(tinyGpt2, out, { home }); // what is replaced
    await exportRun(source, out, { home, force: true });
    using original = await openModel(source, { home });
    using copy = await openModel(out, { home });
    const input = { prompt: "a", maxNewTokens: 8, seed: 1 };
    expect((await generate(copy, input)).outputs).toEqual((await generate(original, input)).outputs);
    return (await readdir(out)).filter((name) => name.startsWith("model")).toSorted();
  };
  const several = (await readdir(parted)).filter((name) => name.startsWith("model")).toSorted();
  expect(several.length).toBeGreaterThan(2);
  expect(await exported(parted)).toEqual(several);
  expect(await exported(python)).toEqual(["model.safetensors"]);
});

test("what is in the way is not overwritten unless that is asked for, and nothing else in it ever", async () => {
  await using temporary = await temporaryFolder();
  const { home, dir } = await homeWithRun(join(temporary.path, "runs"));
  const out = join(temporary.path, "out");
  await mkdir(out);
  await writeFile(join(out, "notes.txt"), "mine");
  await writeFile(join(out, "config.json"), "old");
  await expect(exportRun("novel", out, { home })).rejects.toMatchObject({
    code: "CONFLICT",
    message: containing("is not empty"),
  });
  await expect(exportRun("novel", join(out, "notes.txt"), { home })).rejects.toThrow("is a file");
  await expect(exportRun("novel", dir, { home, force: true })).rejects.toThrow("is the model itself");
  expect((await readdir(out)).toSorted()).toEqual(["config.json", "notes.txt"]);

  await exportRun("novel", out, { home, force: true });
  expect((await readdir(out)).toSorted()).toEqual([...FILES, "notes.txt"].toSorted());
  expect(await readFile(join(out, "notes.txt"), "utf8")).toBe("mine");
  expect(await readFile(join(out, "config.json"), "utf8")).not.toBe("old");
});

test.each<[string, () => Promise<Tokenizer>, RegExp[]]>([
  ["byte-level BPE", () => trainBpe({ texts: ["the lamp by the sea"], vocabSize: 264 }), [/^llama.cpp: /]],
  [
    "characters",
    () => trainChar({ texts: ["the lamp by the sea"] }),
    [/no tokenizer of single characters/, /^llama.cpp: /],
  ],
  [
    "SentencePiece",
    () => trainSentencePiece({ texts: ["the lamp by the sea"], vocabSize: 20, hardVocabLimit: false }),
    [/pip install sentencepiece protobuf/, /AutoTokenizer converts it/, /^llama.cpp: /],
  ],
])("what other programs need for a folder, or cannot do with it, is said: %s", async (_, make, wanted) => {
  const exported = { model: { family: "gpt2" }, tokenizer: await make() };
  const notes = exportNotes(exported);
  expect(notes.map((note, i) => wanted[i]?.test(note))).toEqual(wanted.map(() => true));
  expect(opensInTransformers(exported)).toBe(exported.tokenizer.kind !== "char");
});

test("of a model that transformers does not have the card shows no Python that would fail", () => {
  const outline = familyInfo("char_lstm")?.outline({ size: "tiny", dimensions: {} });
  if (outline === undefined) throw new Error("there is no char_lstm");
  const facts = { id: "lstm", model: { family: "char_lstm", outline }, tokenizer: { kind: "char" }, manifest: null };
  expect(exportNotes(facts)).toEqual([containing("transformers has no char_lstm")]);
  const card = modelCard(facts, "lstm");
  expect(card).toContain("trainer generate . --prompt");
  expect(card).not.toMatch(/import|library_name/);
});

test("the notes are in the result and in the model's card", async () => {
  await using temporary = await temporaryFolder();
  const { home } = await homeWithRun(join(temporary.path, "runs"));
  const out = join(temporary.path, "out");
  const { notes } = await exportRun("novel", out, { home });
  expect(notes).toEqual([containing("llama.cpp")]);
  expect(await readFile(join(out, "README.md"), "utf8")).toContain(`- ${String(notes[0])}`);
});
