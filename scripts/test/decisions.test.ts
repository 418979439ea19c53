import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdown, wordsOf } from "@trainer/testing/markdown";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../docs/decisions/", import.meta.url));
const pages = readdirSync(folder).filter((name) => /^\d{3}-.*\.md$/.test(name));
const read = (name: string) => readFileSync(`${folder}${name}`, "utf8");

test.each(pages)("%s asks a question and answers it in the form of all", (name) => {
  const headings = markdown(read(name)).filter(({ type }) => type === "heading");
  const [title, ...parts] = headings.map(wordsOf);
  expect(title).toMatch(new RegExp(`^${name.slice(0, 3)}: \\S`));
  expect(parts).toEqual(["Question", "Choice", "Alternatives", "What would change our mind"]);
});

test("the index lists each decision once", () => {
  const links = markdown(read("README.md")).filter(({ type }) => type === "link");
  expect(links.map(({ url }) => url).toSorted()).toEqual(pages.toSorted());
});
