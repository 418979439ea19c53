import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { nope } from "@trainer/testing/nope";
import { markdown } from "@trainer/testing/markdown";
import { openHome, openModel, score, train } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

let home = "";
beforeAll(() => (home = scratchPath("own-family")));
afterAll(() => rmSync(home, { recursive: true }));

test("a family of one's own trains, opens and scores by its name", async () => {
  const corpus = writeCorpus(join(home, "corpus.txt"));
  const request = { ...tiny, modelFamily: nope.name, modelConfig: { width: 16, heads: 2 }, corpus, runId: "own" };
  const result = await train({ ...request, maxSteps: 40 }, { home });
  expect(result.status).toBe("completed");
  using opened = await openModel("own", { home: openHome(home), device: "cpu" });
  expect(opened.model.outline).toMatchObject({ width: 16, layers: 2 });
  expect((await score(opened, { text: "the king hath seen the crown" })).loss).toBeLessThan(5.6); // of 300 tokens: 5.7
});

test("the page's code trains one, lets it write and exports it", async () => {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const page = markdown(readFileSync(file("../../../docs/add-a-family.md"), "utf8"));
  const code = page.filter(({ type, lang }) => type === "code" && lang === "js").map(({ value }) => value);
  const folder = scratchPath("own-family-page");
  writeFileSync(join(folder, "nope.ts"), `export * from ${JSON.stringify(file("../../testing/src/nope.js"))};`);
  writeCorpus(join(folder, "book.txt"));
  const said = vi.spyOn(console, "log").mockReturnValue();
  const before = process.cwd();
  process.chdir(folder);
  try {
    for (const [index, text] of code.entries()) {
      const script = join(folder, `page-${index}.ts`);
      writeFileSync(script, text);
      await import(script);
    }
  } finally {
    process.chdir(before);
  }
  expect(said.mock.calls).toEqual([[expect.stringMatching(/./)], expect.arrayContaining([join(folder, "my-model")])]);
  said.mockRestore();
  const home = openHome(join(folder, "runs"));
  using exported = await openModel(join(folder, "my-model"), { home, device: "cpu" });
  using trained = await openModel("my-run", { home, device: "cpu" });
  const text = "the king hath seen the crown";
  expect((await score(exported, { text })).loss).toBe((await score(trained, { text })).loss);
});
