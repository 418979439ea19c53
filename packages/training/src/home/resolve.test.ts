import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./temporary-folder.js";
import { openHome, type Home } from "./home.js";
import { resolveRun } from "./resolve-run.js";
import { resolveTokenizer } from "./resolve-tokenizer.js";

/** A home with the runs `novel` and `poems`, the tokenizer `words`, and a folder `hf` beside it. */
async function withHome(body: (home: Home, outside: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  const home = openHome(join(folder.path, "runs"));
  for (const id of ["novel", "poems"]) await mkdir(join(home.models, id), { recursive: true });
  await mkdir(join(home.tokenizers, "words"), { recursive: true });
  await mkdir(join(folder.path, "hf"));
  await writeFile(join(folder.path, "hf", "config.json"), "{}");
  await body(home, folder.path);
}

test("a run is found by its id and by its path", async () => {
  await withHome(async (home) => {
    const dir = join(home.models, "novel");
    expect(await resolveRun("novel", home)).toEqual({ id: "novel", dir });
    expect(await resolveRun(dir, home)).toEqual({ id: "novel", dir });
    expect(await resolveRun(`${relative(process.cwd(), dir)}/`, home)).toEqual({ id: "novel", dir });
  });
});

test("a folder in Hugging Face's layout is found wherever it lies", async () => {
  await withHome(async (home, outside) => {
    const dir = join(outside, "hf");
    expect(await resolveRun(dir, home)).toEqual({ id: null, dir });
    expect(await resolveRun(join(home.models, "..", "..", "hf"), home)).toEqual({ id: null, dir });
  });
});

test("an unknown run is answered with the likeliest and with what there is", async () => {
  await withHome(async (home, outside) => {
    await expect(resolveRun("novle", home)).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      failureClass: "USER_INPUT",
      message: `no run "novle" in ${home.models}, and no folder of that name: did you mean novel? (there are: novel, poems)`,
    });
    await expect(resolveRun(outside, home)).rejects.toThrow("holds no model: there is no config.json in it");
    const empty = openHome(join(outside, "empty"));
    await expect(resolveRun("novel", empty)).rejects.toThrow("it has no runs yet; `trainer train CORPUS` makes one");
  });
});

test("a tokenizer is found by its id, its folder and its file", async () => {
  await withHome(async (home, outside) => {
    const path = join(home.tokenizers, "words");
    expect(await resolveTokenizer("words", home)).toEqual({ id: "words", path });
    expect(await resolveTokenizer(path, home)).toEqual({ id: "words", path });
    const file = join(outside, "tokenizer.json");
    await writeFile(file, "{}");
    expect(await resolveTokenizer(file, home)).toEqual({ id: null, path: file });
    expect(await resolveTokenizer(outside, home)).toEqual({ id: null, path: outside });
  });
});

test("an unknown tokenizer is answered with the likeliest and with what there is", async () => {
  await withHome(async (home, outside) => {
    const refused = resolveTokenizer("word", home);
    await expect(refused).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
    await expect(refused).rejects.toThrow("did you mean words? (there are: words)");
    await expect(resolveTokenizer("no-such-tokenizer", openHome(join(outside, "empty")))).rejects.toThrow(
      "it has no tokenizers yet",
    );
  });
});
