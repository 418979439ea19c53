import { readFileSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codePoints, loadTokenizer, trainChar, trainSentencePiece, type Tokenizer } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { z } from "zod";
import { openHome } from "../src/home/home.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import { textFrame } from "../src/inference/begin.js";
import { generate } from "../src/inference/generate.js";
import { openModel, type OpenModel } from "../src/inference/open-model.js";
import { score } from "../src/inference/score.js";
import { containing, openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

const NAMES = ["framed-llama", "framed-qwen2", "framed-gpt2"] as const;
type Name = (typeof NAMES)[number];
const folderOf = (name: Name) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const home = openHome("no-such-home");
const open = (folder: string) => openModel(folder, { home, device: "cpu" });

const Scores = z.object({
  scores: z.array(
    z.object({
      text: z.string(),
      ids: z.array(z.number()),
      loss: z.number().nullable(),
      surprisal: z.array(z.number()),
    }),
  ),
});
/** Results of transformers with its own template's tokens around each text. */
const expectedOf = (name: Name) =>
  Scores.parse(JSON.parse(readFileSync(join(folderOf(name), "expected.json"), "utf8"))).scores;

test.each(NAMES)(
  "a text is scored with the tokens that its tokenizer puts around it, as transformers has it: %s",
  async (name) => {
    using opened = await open(folderOf(name));
    const { before, after } = opened.tokenizer.frame;
    const spelled = {
      begin: before.map((id) => opened.tokenizer.token(id)),
      end: after.map((id) => opened.tokenizer.token(id)),
    };
    const texts = expectedOf(name);
    for (const { text, ids } of texts) expect([...before, ...opened.tokenizer.encode(text), ...after]).toEqual(ids);
    for (const { text, ids, loss, surprisal } of texts.filter((each) => each.ids.length > 1)) {
      const scored = await score(opened, { text, detailLevel: "per_char", topK: 3 });
      expect(scored).toMatchObject(spelled);
      expect(scored.loss).toBeCloseTo(Number(loss), 5);
      expect(scored.surprisal).toHaveLength(surprisal.length);
      for (const [i, bits] of surprisal.entries()) expect(scored.surprisal?.[i]).toBeCloseTo(bits, 4);
      expect([scored.tokens?.length, scored.topk?.length]).toEqual([ids.length, ids.length]);
      expect(scored.tokens?.join("")).toBe(text);
      expect(scored.perCharacter?.map(({ character }) => character).join("")).toBe(text);
    }
    for (const { text } of texts.filter((each) => each.ids.length < 2)) {
      expect(await score(opened, { text })).toMatchObject({ ...spelled, loss: null, reason: containing("one token") });
    }
  },
);

test("`no` leaves the tokens around a text away, `yes` is the template's where there is one", async () => {
  for (const name of NAMES) {
    using opened = await open(folderOf(name));
    const text = "The lamp stood";
    const [auto, yes, no] = [
      await score(opened, { text }),
      await score(opened, { text, bos: "yes" }),
      await score(opened, { text, bos: "no" }),
    ];
    expect(yes).toEqual(auto);
    expect(no).toMatchObject({ begin: [], end: [] });
    expect(no.loss).not.toBeCloseTo(auto.loss ?? NaN, 2);
  }
});

test("a model of ours has no begin but end-of-text where one is asked for", async () => {
  using opened = await openTinyGpt2();
  expect((await score(opened, { text: "The lamp" })).begin).toEqual([]);
  expect((await score(opened, { text: "The lamp", bos: "yes" })).begin).toEqual(["[EOS]"]);
  expect([textFrame(opened, "yes"), textFrame(opened, "auto")]).toEqual([
    { begin: ["[EOS]"], end: [] },
    { begin: [], end: [] },
  ]);
  const nothing = { ...opened, startId: null };
  await expect(score(nothing, { text: "The lamp", bos: "yes" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("a prompt is gone on from with its begin, which stays where the prompt is cut, and without its end", async () => {
  using opened = await open(folderOf("framed-gpt2"));
  const { before } = opened.tokenizer.frame;
  const { tokenizer } = opened;
  const seen: number[][] = [];
  const watched: OpenModel = {
    ...opened,
    model: {
      ...opened.model,
      ragged: false,
      hidden(ids, ctx) {
        seen.push(Array.from(ids.data(), Number));
        return opened.model.hidden(ids, ctx);
      },
    },
  };
  const read = async (prompt: string, bos: "auto" | "yes" | "no" = "auto") => {
    seen.length = 0;
    const { begin } = await generate(watched, { prompt, maxNewTokens: 2, seed: 1, bos });
    return { ids: seen[0], begin };
  };
  const text = [...tokenizer.encode("The lamp")];
  expect(await read("The lamp")).toEqual({ ids: [...before, ...text], begin: ["<s>"] });
  expect(await read("The lamp", "no")).toEqual({ ids: text, begin: [] });
  expect((await read("")).ids).toEqual([...before]);
  expect((await read("", "no")).ids).toEqual([opened.startId]);
  const long = "the sea ".repeat(60);
  const { ids } = await read(long);
  expect(ids).toHaveLength(opened.contextLength - 2);
  expect(ids).toEqual([...before, ...tokenizer.encode(long).slice(-(opened.contextLength - 3))]);
});

/** A copy of a fixture with some files changed. */
async function changed(name: Name, to: string, files: Readonly<Record<string, object | null>>): Promise<string> {
  await cp(folderOf(name), to, { recursive: true });
  for (const [file, change] of Object.entries(files)) {
    if (change === null) await rm(join(to, file));
    else {
      const before: unknown = JSON.parse(await readFile(join(to, file), "utf8"));
      await writeFile(join(to, file), JSON.stringify(Object.assign({}, before, change)));
    }
  }
  return to;
}

test.each<[string, Name, Record<string, object | null>, number[]]>([
  ["generation_config.json has several", "framed-llama", {}, [2, 0]],
  ["generation_config.json wins", "framed-gpt2", {}, [2]],
  ["config.json alone has several", "framed-gpt2", { "generation_config.json": null }, [2, 1]],
  ["generation_config.json names none", "framed-gpt2", { "generation_config.json": { eos_token_id: null } }, [2, 1]],
  ["one of them is no token", "framed-llama", { "generation_config.json": { eos_token_id: [5000, 2] } }, [2]],
  [
    "the tokenizer's is not among them",
    "framed-llama",
    { "generation_config.json": { eos_token_id: [7, 8] } },
    [2, 7, 8],
  ],
  ["what they say is no id", "framed-gpt2", { "generation_config.json": { eos_token_id: "two" } }, [2, 1]],
])("every end that a folder names ends a text: %s", async (_, name, files, ends) => {
  await using temporary = await temporaryFolder();
  using opened = await open(await changed(name, join(temporary.path, "m"), files));
  expect(opened.ends).toEqual(new Set(ends));
  for (const end of ends) {
    const prompt = [...opened.tokenizer.frame.before, ...opened.tokenizer.encode("T")];
    const text = [...opened.tokenizer.encode("The lamp")];
    const script = [...prompt.slice(1), ...text, end, ...text, ...text];
    using scripted = scriptedModel(opened, script, 5);
    const written = await generate(scripted, { prompt: "T", temperature: 0, maxNewTokens: 3 * text.length });
    expect(written).toMatchObject({ finishReasons: ["eos"], steps: text.length });
    const on = await generate(scripted, {
      prompt: "T",
      temperature: 0,
      maxNewTokens: 2 * text.length,
      stopOnEos: false,
    });
    expect(on.finishReasons).toEqual(["length"]);
  }
});

const TEXT = "the lamp stood by the window and the window looked on the sea ".repeat(20);

test.each<[string, () => Promise<Tokenizer>, string, boolean, number]>([
  [
    "SentencePiece",
    () => trainSentencePiece({ texts: [TEXT], vocabSize: 40, hardVocabLimit: false }),
    "the  lamp",
    false,
    0,
  ],
  [
    "SentencePiece",
    () => trainSentencePiece({ texts: [TEXT], vocabSize: 40, hardVocabLimit: false }),
    "the lamp",
    true,
    0,
  ],
  [
    "SentencePiece",
    () => trainSentencePiece({ texts: [TEXT], vocabSize: 40, hardVocabLimit: false }),
    "a 船 sea",
    false,
    1,
  ],
  ["characters", () => trainChar({ texts: [TEXT] }), "the 🚢 sea", false, 1],
  ["characters in NFC", () => trainChar({ texts: [TEXT], normalization: "NFC" }), "the séa", false, 1],
  ["characters", () => trainChar({ texts: [TEXT] }), "the sea", true, 0],
  ["bytes that characters fall back to", () => loadTokenizer(folderOf("framed-llama")), "Für 船 🚢!", true, 0],
  ["bytes", () => loadTokenizer(folderOf("framed-qwen2")), "Für 船 🚢!", true, 0],
])(
  "the tokens of a text rebuild it and say where they are, and what is lost is said: %s of %j",
  async (_, make, text, exact, unknown) => {
    using plain = await openTinyGpt2();
    const tokenizer = await make();
    using model = scriptedModel(
      { ...plain, tokenizer },
      Array.from({ length: 32 }, () => 1),
    );
    const scored = await score(model, { text, detailLevel: "per_char" });
    expect(scored.tokens?.join("")).toBe(text);
    expect(scored.fidelity).toEqual({ exact, unknownCharacters: unknown });
    const characters = Array.from(text);
    for (const [i, token] of (scored.tokens ?? []).entries()) {
      const at = scored.offsets?.[i] ?? NaN;
      expect(characters.slice(at, at + codePoints(token)).join("")).toBe(token);
    }
  },
);

test("a begin that the text spells is text, and where special tokens are let through there is never a second", async () => {
  for (const name of NAMES) {
    using opened = await open(folderOf(name));
    const { tokenizer } = opened;
    const { before, after } = tokenizer.frame;
    const spell = (ids: readonly number[]) => ids.map((id) => tokenizer.token(id)).join("");
    const text = `${spell(before)}The lamp${spell(after)}`;
    const plain = await score(opened, { text: "The lamp" });
    const spelledOut = await score(opened, { text, specialTokens: true });
    expect([spelledOut.loss, spelledOut.begin, spelledOut.end]).toEqual([plain.loss, [], []]);
    const asText = await score(opened, { text, detailLevel: "per_char" });
    expect(asText.begin).toEqual(plain.begin);
    expect(asText.tokens?.join("")).toBe(text);
    expect(asText.tokens?.length).toBeGreaterThan(tokenizer.encode("The lamp").length + before.length + after.length);
  }
});

test("a model from elsewhere without a template begins with its own begin token where one is asked for", async () => {
  await using temporary = await temporaryFolder();
  using opened = await open(
    await changed("framed-llama", join(temporary.path, "m"), { "tokenizer.json": { post_processor: null } }),
  );
  expect(opened.tokenizer.frame).toEqual({ before: [], after: [] });
  expect((await score(opened, { text: "The lamp" })).begin).toEqual([]);
  expect((await score(opened, { text: "The lamp", bos: "yes" })).begin).toEqual(["<s>"]);
});
