import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainTokenizer } from "@trainer/tokenizers";
import { containing } from "@trainer/testing";
import { expect, test } from "vitest";
import { openHome } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { listTokenizers } from "./list-tokenizers.js";

test("tokenizers are listed the newest first, with the runs that name them, and those that cannot be opened with why", async () => {
  await using folder = await temporaryFolder();
  const home = openHome(folder.path);
  expect(await listTokenizers(home)).toEqual([]);
  const words = await trainTokenizer("char", { texts: ["ab"], vocabSize: 128 });
  for (const id of ["b-words", "a-words", "copied"]) await words.save(join(home.tokenizers, id));
  await mkdir(join(home.tokenizers, "torn"));
  await writeFile(join(home.tokenizers, "torn", "tokenizer.json"), "{");
  const foreign = join(home.tokenizers, "foreign");
  await mkdir(foreign);
  await writeFile(join(foreign, "tokenizer.json"), '{"kind":"syllables"}');
  const manifest = { created_at: 500, config: { method: "syllables", special_tokens: [] } };
  await writeFile(join(foreign, "manifest.json"), JSON.stringify(manifest));
  await mkdir(join(home.models, "r"), { recursive: true });
  await writeFile(join(home.models, "r", "manifest.json"), '{"status":"completed","tokenizer_id":"a-words"}');
  const times = { "b-words": 2000, "a-words": 2000, copied: 3000, torn: 1000 };
  for (const [id, seconds] of Object.entries(times)) {
    await utimes(join(home.tokenizers, id, "tokenizer.json"), seconds, seconds);
    await utimes(join(home.tokenizers, id), seconds, seconds);
  }

  const listed = await listTokenizers(home);
  expect(listed.map(({ id }) => id)).toEqual(["copied", "a-words", "b-words", "torn", "foreign"]);
  const [copied, a, , torn, unknown] = listed;
  expect(copied).toMatchObject({ kind: "char", vocabSize: 6, problem: null, createdAt: new Date(3_000_000), runs: [] });
  expect(copied?.bytes).toBeGreaterThan(0);
  expect(a).toMatchObject({ dir: join(home.tokenizers, "a-words"), runs: ["r"] });
  expect(torn).toMatchObject({ kind: null, vocabSize: null, problem: containing("tokenizer.json is not JSON") });
  expect([copied, torn].map((each) => each?.missingMethod)).toEqual([null, null]);
  expect(unknown).toMatchObject({
    kind: null,
    problem: 'the plugin that brings the tokenizer "syllables" is not loaded: give it by --plugin',
    missingMethod: "syllables",
    createdAt: new Date(500_000),
  });
});
