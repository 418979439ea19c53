import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { markdown, wordsOf, type Piece } from "@trainer/testing/markdown";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
});
const pages = listed
  .toString()
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Errors in the code blocks of a page: one that holds another's fence, or that nothing closes. */
function troubles(text: string): string[] {
  const lines = text.split("\n");
  const fenced = markdown(text).filter(({ type, from, to }) => type === "code" && to > from);
  return fenced.flatMap(({ value, from, to }) => {
    if (/^ *```/m.test(value)) return [`line ${from}: the block goes on past a fence`];
    const isFence = (line: number, fence: RegExp) => fence.test(lines[line - 1] ?? "");
    return isFence(from, /^ *```/) && !isFence(to, /^ *```+ *$/) ? [`line ${from}: the block is never closed`] : [];
  });
}

/** The names that the headings of a page have in addresses, as GitHub makes them. */
function anchors(pieces: readonly Piece[]): string[] {
  const headings = pieces.filter(({ type }) => type === "heading").map(wordsOf);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function deadLinks(path: string): string[] {
  const links = markdown(read(path)).filter(({ type }) => ["link", "image", "definition"].includes(type));
  return links.flatMap(({ url }) => {
    if (/^(https?|mailto):/.test(url)) return URL.canParse(url) ? [] : [url];
    const [file = "", anchor] = url.split("#");
    const target = file === "" ? join(root, path) : resolve(root, dirname(path), decodeURIComponent(file));
    if (!existsSync(target)) return [url];
    if (anchor === undefined || statSync(target).isDirectory()) return [];
    return anchors(markdown(readFileSync(target, "utf8"))).includes(anchor) ? [] : [url];
  });
}

test("the project has pages", () => {
  expect(pages).toContain("README.md");
});

describe.each(pages)("%s", (path) => {
  test("every block of code ends where it is meant to", () => {
    expect(troubles(read(path))).toEqual([]);
  });

  test("every link leads somewhere", () => {
    expect(deadLinks(path)).toEqual([]);
  });

  test("shows nothing that curl 7.81 does not know", () => {
    const shell = markdown(read(path)).filter(({ type, lang }) => type === "code" && lang === "sh");
    for (const { value } of shell) expect(value).not.toMatch(/\b(curl|api|files|post) [^|]*--json\b/);
  });
});

test("a fence that is longer than what should close it, and one that is never closed, are noticed", () => {
  expect(troubles("````ts\na\n```\n\ntext\n\n```js\nb\n````\n")).toEqual(["line 1: the block goes on past a fence"]);
  expect(troubles("text\n\n```sh\na\n")).toEqual(["line 3: the block is never closed"]);
  expect(troubles("```sh\na\n```\n\n- list\n  ```sh\n  b\n  ```\n")).toEqual([]);
});
