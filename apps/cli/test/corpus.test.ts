import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { corpusFolder } from "./corpus.js";
import { aString } from "../../../test/matching.js";

const shared = { folder: "", home: "" };
const { trainer, json } = commandLine(() => shared.home);

beforeAll(async () => {
  const { folder } = await corpusFolder();
  Object.assign(shared, { folder, home: join(folder, "home") });
});

test("corpus show tells what a text is like", async () => {
  const path = join(shared.folder, "text.txt");
  await writeFile(path, "one line\nпривет\none line\none line\n");
  const { code, stdout } = await trainer(["corpus", "show", path]);
  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      "files       1, 40 B",
      "lines       4",
      "characters  30",
      "duplicates  2 lines (50.0 %)",
      "longest     8 characters: one line",
      "scripts     Latin 70.0 %, Cyrillic 20.0 %, Common 10.0 %",
      "",
    ].join("\n"),
  );
  await writeFile(path, Buffer.concat([Buffer.from("a text that is long enough\n"), Buffer.of(0xff)]));
  expect((await trainer(["corpus", "show", path])).stdout).toContain("27, 1 of them in place of what is not UTF-8");
  expect((await json(["corpus", "show", path])).last).toMatchObject({
    lines: 2,
    replaced_characters: 1,
    duplicates_exact: true,
    longest_line: { characters: 26 },
  });
  expect(await trainer(["corpus", "show", join(shared.folder, "none")])).toMatchObject({ code: 1 });
});

test("corpus show says where it estimates", async () => {
  const path = join(shared.folder, "many.txt");
  await writeFile(path, Array.from({ length: 1_100_000 }, (_, i) => `${i}\n`).join(""));
  expect((await trainer(["corpus", "show", path])).stdout).toMatch(
    /^duplicates {2}about [\d,]+ lines \([0-3]\.\d %\)$/m,
  );
}, 60_000);

test("corpus list shows what was fetched", async () => {
  expect((await trainer(["corpus"])).stdout).toBe(`No corpora in ${join(shared.home, "corpus_cache")}.\n`);
  const dir = join(shared.home, "corpus_cache");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "abc.txt"), "x".repeat(2048));
  await writeFile(join(dir, "def.txt"), "x");
  const run = join(shared.home, "models", "queued");
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "manifest.json"), JSON.stringify({ tokenizer_id: "t", config: { corpus_file_id: "abc" } }));
  const { stdout } = await trainer(["corpus", "list"]);
  expect(stdout).toMatch(
    /^CORPUS +SIZE +LAST READ\nabc +2\.00 KiB +\d{4}-\d\d-\d\d +in use\ndef +1 B +\d{4}-\d\d-\d\d\n$/,
  );
  expect((await json(["corpus", "list", "--dir", dir])).last).toMatchObject({
    corpora: [{ id: "abc", bytes: 2048, in_use: true, fetched_at: aString }, { in_use: false }],
  });
});
