import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import { writeConfigs } from "../src/model/config-files.js";
import { openTinyGpt2 } from "./fixture.js";

const none = { pad: null, unk: null, bos: null, eos: null };
const own = { pad: 0, unk: 1, bos: 2, eos: 3 };

test.each([
  ["names none and is new", none, null, { bos: null, eos: null, pad: null }],
  ["names its own and is new", own, null, { bos: 2, eos: 3, pad: 0 }],
  ["names none, nor does the model", none, {}, { bos: null, eos: null, pad: null }],
  ["names none, but the model one", none, { eos_token_id: 7 }, { bos: null, eos: 7, pad: null }],
  ["names none, but the model several", none, { eos_token_id: [7, 8] }, { bos: null, eos: [7, 8], pad: null }],
  ["names its own, and the model another", own, { eos_token_id: 7, bos_token_id: 5 }, { bos: 5, eos: [3, 7], pad: 0 }],
  ["names its own, and the model the same", own, { eos_token_id: 3, pad_token_id: 6 }, { bos: 2, eos: 3, pad: 6 }],
  ["lacks an id of the model", none, { eos_token_id: [100, 7] }, { bos: null, eos: 7, pad: null }],
])("the ids are right where a tokenizer %s", async (_, specials, stored, ids) => {
  using opened = await openTinyGpt2();
  await using folder = await temporaryFolder();
  if (stored !== null) await writeFile(join(folder.path, "config.json"), JSON.stringify(stored));
  const run = join(folder.path, "run");
  const pretrained = stored === null ? null : folder.path;
  await writeConfigs(run, opened.model, { specials, vocabSize: 100 }, pretrained);
  const written = { bos_token_id: ids.bos, eos_token_id: ids.eos, pad_token_id: ids.pad };
  for (const name of ["config.json", "generation_config.json"]) {
    expect(JSON.parse(await readFile(join(run, name), "utf8"))).toMatchObject(written);
  }
});
