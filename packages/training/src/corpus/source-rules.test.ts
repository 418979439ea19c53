import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { openCorpus } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { corpusStatistics } from "./statistics.js";
import { deduplicate } from "./dedup/deduplicate.js";

async function write(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const open = (path: string) => openCorpus(path, { document: "line", separator: "auto", format: "source" });

async function names(path: string, root = path): Promise<string[]> {
  return (await open(path)).files.map((file) => relative(root, file.path));
}

const FILES = {
  ".gitignore": "*.log\n/build/\n!keep.log\nsub/deep/\n# comment\nA.txt\n",
  ".git/info/exclude": "local.ts\n",
  ".git/HEAD": "ref: refs/heads/main\n",
  "a.ts": "if (a) {\n  b();\n}\n<|endoftext|>\nc();\n",
  "a.txt": "a",
  "a.log": "no",
  "keep.log": "yes",
  "local.ts": "no",
  "build/out.js": "no",
  "lib/build/in.js": "yes",
  "lib/.gitignore": "!a.log\nkeep.log\n*.tmp\n",
  "lib/a.log": "yes",
  "lib/keep.log": "no",
  "lib/x.tmp": "no",
  "x.tmp": "yes",
  "sub/deep/no.ts": "no",
  "sub/Makefile": "all:\n\tcc a.c\n",
};

test("of a folder of sources what Git would take is read, by rules of folders within each other", async () => {
  await using folder = await scratch();
  execFileSync("git", ["init", "-q", folder.path]);
  await write(folder.path, FILES);
  const listed = execFileSync("git", ["ls-files", "--others", "--exclude-standard"], { cwd: folder.path });
  const wanted = listed.toString().trim().split("\n");
  const visible = wanted.filter((name) => !/(?:^|\/)\./.test(name));
  expect(visible).toContain("lib/a.log");
  expect(await names(folder.path)).toEqual(visible.toSorted());
  // A folder within the repository has its rules, unless the rules leave out the folder itself, which somebody named.
  expect(await names(join(folder.path, "lib"))).toEqual(["a.log", "build/in.js"]);
  expect(await names(join(folder.path, "sub/deep"))).toEqual(["no.ts"]);
});

test("a source is one document to the last character, and what is no text or written by programs is told", async () => {
  await using folder = await scratch();
  const binary = Buffer.of(0x89, 0x50, 0, 1);
  await write(folder.path, {
    "a.ts": FILES["a.ts"],
    "b.png": binary,
    "c.min.js": "x",
    "Cargo.lock": "x",
    "node_modules/x/index.js": "x",
    ".env": "KEY=1",
    "d.gz": binary,
    "e/.gitignore": "",
    "e/__init__.py": "",
  });
  const corpus = await open(folder.path);
  expect(corpus.skipped.map(({ path, kind }) => `${relative(folder.path, path)}: ${kind}`)).toEqual([
    ".env: hidden",
    "Cargo.lock: lockfile",
    "c.min.js: minified",
    "e/.gitignore: hidden",
    "node_modules: node_modules",
    "b.png: no text",
    "d.gz: no text",
  ]);
  const documents: string[] = [];
  for await (const batch of corpus.documents()) {
    for (const bytes of documentsOf(batch)) documents.push(bytes.toString());
  }
  expect(documents).toEqual([FILES["a.ts"]]);
  const plain = await openCorpus(join(folder.path, "a.ts"), { document: "file" });
  expect(await corpus.sha256()).not.toBe(await plain.sha256());
  await expect(open(join(folder.path, "b.png"))).rejects.toThrow("b.png is not text");
  const options = { document: "line", separator: "none", similarity: 0.8, out: null, format: "source" } as const;
  expect(await corpusStatistics(folder.path, { format: "source" })).toMatchObject({ lines: 5, formats: { source: 2 } });
  expect(await deduplicate(folder.path, options)).toMatchObject({ all: { documents: 1 } });
});

test("a folder without a source is refused with what it has and what would be one", async () => {
  await using folder = await scratch();
  await write(folder.path, { "b.png": Buffer.of(0x89, 0x50, 0, 1), "yarn.lock": "x" });
  await expect(open(folder.path)).rejects.toThrow(
    /its 2 entries are 1 lockfile, 1 no text; expected files of text that Git does not ignore; --as text/,
  );
});

test("rules that cannot be read are refused, by their file", async () => {
  await using folder = await scratch();
  await write(folder.path, { "a.ts": "a", ".gitignore": "x\n".repeat(1 << 20) });
  await expect(open(folder.path)).rejects.toThrow(/\.gitignore has more than 1048576 bytes: expected rules/);
  await using other = await scratch();
  await write(other.path, { "a.ts": "a", ".gitignore/b.ts": "b" });
  await expect(open(other.path)).rejects.toThrow(/cannot read .*\.gitignore: EISDIR/);
});
