import { execFileSync } from "node:child_process";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findFiles } from "../corpus/find-files.js";
import { openHome } from "./home.js";
import { resolveRun } from "./resolve-run.js";
import { resolveTokenizer } from "./resolve-tokenizer.js";
import { temporaryFolder } from "./temporary-folder.js";
import { TextRoot } from "./text-root.js";

async function dataRoot() {
  const folder = await temporaryFolder();
  const at = (...names: string[]) => join(folder.path, ...names);
  await mkdir(at("corpus", "books"), { recursive: true });
  await writeFile(at("corpus", "books", "novel.txt"), "once upon a time");
  await writeFile(at("corpus", "plain.txt"), "text");
  await writeFile(at("keys.json"), "secret");
  return { at, root: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("a text is found in the corpus folder, a folder only where a corpus is wanted, and nothing else anywhere", async () => {
  await using data = await dataRoot();
  const texts = new TextRoot(data.root);
  expect(await texts.find("plain.txt", "file")).toBe(await realpath(data.at("corpus", "plain.txt")));
  expect(await texts.need("plain.txt", "file")).toBe(await texts.find("plain.txt", "file"));
  expect(await texts.find("corpus/books", "corpus")).toBe(await realpath(data.at("corpus", "books")));
  execFileSync("mkfifo", [data.at("corpus", "fifo")]);
  await symlink("/dev/zero", data.at("corpus", "zero"));
  await symlink(data.at("corpus", "loop"), data.at("corpus", "loop"));
  for (const path of ["books", "keys.json", "../keys.json", "/etc/hostname", "fifo", "zero", "loop", "none", "."]) {
    await expect(texts.need(path, "file")).rejects.toThrow(
      `${JSON.stringify(path)} leads to no file in the corpus folder`,
    );
  }
  await expect(texts.need("..", "corpus")).rejects.toThrow("leads to no text in the corpus folder");
  expect(await new TextRoot(data.at("books")).find("novel.txt", "file")).toBeNull();
});

test("below the corpus folder no link in a folder leads out of it; a person's own folders may hold any", async () => {
  await using data = await dataRoot();
  await symlink(data.at("keys.json"), data.at("corpus", "books", "link.txt"));
  await symlink(data.at("corpus", "plain.txt"), data.at("corpus", "books", "other.txt"));
  const books = data.at("corpus", "books");
  const served = await findFiles([books], { format: "auto", home: openHome(data.root, data.root) });
  expect(served.files.map(({ path }) => path)).toEqual([join(books, "novel.txt"), join(books, "other.txt")]);
  expect(served.skipped).toEqual([{ path: join(books, "link.txt"), kind: "link that leads outside" }]);
  const own = await findFiles([books], { format: "auto", home: openHome(data.root) });
  expect(own.files).toHaveLength(3);
});

test("a service's runs and tokenizers are named by ids alone, and what is not there tells of nothing else", async () => {
  await using data = await dataRoot();
  await mkdir(data.at("models", "novel"), { recursive: true });
  await mkdir(data.at("tokenizers", "tok-1"), { recursive: true });
  await mkdir(data.at("elsewhere"));
  await writeFile(data.at("elsewhere", "config.json"), "{}");
  await writeFile(data.at("elsewhere", "tokenizer.json"), "{}");
  const home = openHome(data.root, data.root);
  expect(await resolveRun("novel", home)).toMatchObject({ id: "novel" });
  expect(await resolveTokenizer("tok-1", home)).toMatchObject({ id: "tok-1" });
  for (const ref of [data.at("elsewhere"), data.at("models", "novel"), "packages", "../x", "/no/such"]) {
    await expect(resolveRun(ref, home)).rejects.toThrow(new RegExp(`^there is no run ${JSON.stringify(ref)}$`));
    await expect(resolveTokenizer(ref, home)).rejects.toThrow(/^there is no tokenizer "[^"]*"$/);
  }
  expect(await resolveRun(data.at("elsewhere"), openHome(data.root))).toMatchObject({ id: null });
  await mkdir(data.at("archived"));
  await writeFile(data.at("archived", "gone.json"), "{}");
  await expect(resolveRun("gone", home)).rejects.toThrow("it was cleaned away, and there is no file service");
});
