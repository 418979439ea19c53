import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainBpe } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openHome } from "../home/home.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { listTokenizers } from "../tokenizer/list-tokenizers.js";
import { removeTokenizer } from "./remove-tokenizer.js";

async function homeWith(tokenizers: readonly string[], runs: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  const home = openHome(folder.path);
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 260 });
  for (const id of tokenizers) await tokenizer.save(join(home.tokenizers, id));
  for (const [run, manifest] of Object.entries(runs)) {
    await mkdir(join(home.models, run), { recursive: true });
    await writeFile(join(home.models, run, "manifest.json"), manifest);
  }
  return { home, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const using = (tokenizer_id: string) => JSON.stringify({ status: "completed", tokenizer_id });

test("tokenizers are listed with what they are and the runs that use them", async () => {
  await using made = await homeWith(["a", "b"], { r1: using("a"), r2: using("a") });
  const { home } = made;
  await writeFile(join(home.tokenizers, "b", "manifest.json"), '{"created_at": 1, "config": {"special_tokens": []}}');
  await mkdir(join(home.tokenizers, "broken"));
  const listed = await listTokenizers(home);
  expect(listed.map(({ id, kind, vocabSize, runs }) => ({ id, kind, vocabSize, runs: [...runs].sort() }))).toEqual(
    expect.arrayContaining([
      { id: "a", kind: "bpe", vocabSize: 260, runs: ["r1", "r2"] },
      { id: "b", kind: "bpe", vocabSize: 260, runs: [] },
      { id: "broken", kind: null, vocabSize: null, runs: [] },
    ]),
  );
  expect(listed.at(-1)).toMatchObject({ id: "b", createdAt: new Date(1000), problem: null });
  expect(listed.find(({ id }) => id === "broken")?.problem).toContain("has no tokenizer.json");
  await using none = await homeWith([], {});
  expect(await listTokenizers(none.home)).toEqual([]);
});

test("the newest tokenizer is listed first, and of the same age they are listed by their ids", async () => {
  await using made = await homeWith(["c", "a", "b", "d"], {});
  const { home } = made;
  const ages = { a: 10, b: 10, c: 10, d: 20 };
  for (const [id, age] of Object.entries(ages)) {
    const manifest = JSON.stringify({ created_at: age, config: { special_tokens: [] } });
    await writeFile(join(home.tokenizers, id, "manifest.json"), manifest);
  }
  expect((await listTokenizers(home)).map(({ id }) => id)).toEqual(["d", "a", "b", "c"]);
});

test("a tokenizer that no run uses is removed, one in use stays and names its runs", async () => {
  await using made = await homeWith(["a", "b", "c"], { r1: using("a") });
  const { home } = made;
  const path = using(join(home.tokenizers, "c")); // it was named by its path
  await writeFile(join(home.models, "r1", "manifest.json"), using("a"));
  await mkdir(join(home.models, "r2"));
  await writeFile(join(home.models, "r2", "manifest.json"), path);
  expect((await removeTokenizer(home, "b")).bytes).toBeGreaterThan(1000);
  await expect(removeTokenizer(home, "a")).rejects.toThrow(/a stays: it is the tokenizer of r1; /);
  await expect(removeTokenizer(home, "c")).rejects.toMatchObject({ code: "CONFLICT" });
  expect((await readdir(home.tokenizers)).sort()).toEqual(["a", "c"]);
});

test("where a run does not say which tokenizer it needs, all of them stay", async () => {
  await using made = await homeWith(["a"], { r1: "no manifest" });
  await expect(removeTokenizer(made.home, "a")).rejects.toThrow(/do not say which tokenizer they need: .*r1/);
});

test("what is no id, and what is not there, is refused", async () => {
  await using made = await homeWith(["a"], {});
  await expect(removeTokenizer(made.home, "../models")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(removeTokenizer(made.home, "aa")).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
});
