import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../src/load.js";
import { trainBpe } from "../src/train-bpe.js";
import { fixturePath, parity } from "./fixture.js";
import { temporaryFolder } from "./temporary-folder.js";

const mergesOf = (json: string) =>
  z
    .object({ model: z.object({ merges: z.array(z.tuple([z.string(), z.string()])) }) })
    .parse(JSON.parse(json))
    .model.merges.map((pair) => pair.join(" "));

describe("training makes the merges of Hugging Face's BpeTrainer", () => {
  test.each(parity.trainings)("on $name", async ({ texts, unit, vocabSize, minFrequency, specials, size, merges }) => {
    await using folder = await temporaryFolder();
    const settings = { vocabSize, minFrequency, specials, threads: 3 };
    const tokenizer =
      unit === null
        ? await trainBpe({ ...settings, texts })
        : await trainBpe({ ...settings, files: [await folder.write("text.txt", texts.join(""))], unit });
    await tokenizer.save(folder.path);
    expect(mergesOf(await readFile(join(folder.path, "tokenizer.json"), "utf8"))).toEqual(merges);
    expect(tokenizer.vocabSize).toBe(size);
  });

  test("and writes the very file that its save writes", async () => {
    await using folder = await temporaryFolder();
    const prose = await readFile(fixturePath("prose.txt"), "utf8");
    const scripts =
      "Ünïcödé naïve café · 中文分词很有趣。 日本語のテキスト 한국어 텍스트 हिन्दी भाषा עברית ไทย 12½ ١٢٣ 👩‍👩‍👧 🇩🇪 é\n".repeat(
        3,
      );
    const code = "def f(x):\n    if x:\n        return x  # why\n\n\n    else:\n\t\treturn [x, x]\r\n\r\n".repeat(4);
    const trained = await trainBpe({ texts: [prose, scripts, code], vocabSize: 700 });
    await trained.save(folder.path);
    const ours = await readFile(join(folder.path, "tokenizer.json"), "utf8");
    const theirs = await readFile(fixturePath("gpt2.json"), "utf8");
    expect(ours).toBe(theirs.replace('"unk_token": null', '"unk_token": "[UNK]"'));
  });

  test("however the text is cut into batches, and on any number of threads", async () => {
    const prose = await readFile(fixturePath("prose.txt"));
    const lines = prose.toString().match(/.*\n?/g) ?? [];
    let end = 0;
    const ends = Float64Array.from(lines, (line) => (end += Buffer.byteLength(line)));
    const save = async (tokenizer: Awaited<ReturnType<typeof trainBpe>>) => {
      await using folder = await temporaryFolder();
      await tokenizer.save(folder.path);
      return await readFile(join(folder.path, "tokenizer.json"), "utf8"); // before the folder goes
    };
    const byFile = await save(await trainBpe({ files: [fixturePath("prose.txt")], vocabSize: 500, threads: 1 }));
    const byText = await save(await trainBpe({ texts: lines, vocabSize: 500, threads: 2 }));
    const byBatch = await save(await trainBpe({ texts: [{ bytes: prose, ends }], vocabSize: 500, threads: 5 }));
    expect(byText).toBe(byFile);
    expect(byBatch).toBe(byFile);
  });
});

test("a trained tokenizer comes back from its folder as it was", async () => {
  await using folder = await temporaryFolder();
  const trained = await trainBpe({ files: [fixturePath("prose.txt")], vocabSize: 400 });
  await trained.save(folder.path);
  const loaded = await loadTokenizer(folder.path);
  expect(loaded.specials).toEqual({ pad: 0, unk: 1, bos: 2, eos: 3 });
  expect(loaded.vocabSize).toBe(400);
  expect(loaded.encode("First Citizen: [EOS]")).toEqual(trained.encode("First Citizen: [EOS]"));
});
