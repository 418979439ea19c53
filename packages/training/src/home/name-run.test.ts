import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { openHome } from "./home.js";
import { nameRun } from "./name-run.js";

function homeOf(...ids: readonly string[]) {
  const home = openHome(scratchPath("names"));
  for (const id of ids) mkdirSync(join(home.models, id), { recursive: true });
  mkdirSync(home.archived, { recursive: true });
  return home;
}

test("the beginning of an id names the one run that begins so, an archived one too", async () => {
  const home = homeOf("one-a", "two-b");
  writeFileSync(join(home.archived, "three-c.json"), "{}");
  expect(await nameRun("two", home)).toBe("two-b");
  expect(await nameRun("th", home)).toBe("three-c");
});

test("of several that begin so all are named, ten at most", async () => {
  const home = homeOf("one", "one-a", "one-b");
  await expect(nameRun("on", home)).rejects.toThrow('several runs begin with "on": one, one-a, one-b. Type more');
  expect(await nameRun("one", home)).toBe("one"); // a whole id, though others begin with it
  const many = homeOf(...Array.from({ length: 12 }, (_, i) => `r-${i + 10}`));
  await expect(nameRun("r", many)).rejects.toThrow("r-19 and 2 more");
});

test("latest is the newest run, unless one is called so", async () => {
  const home = homeOf("a", "b", "c");
  await expect(nameRun("latest", homeOf())).rejects.toThrow("there is no latest run");
  expect(await nameRun("latest", home)).toBe("a"); // none has a start time
  expect(await nameRun("latest", homeOf("a", "latest"))).toBe("latest");
});

test("paths, folders that are there and what nobody knows stay as they are", async () => {
  const home = homeOf("one");
  expect(await nameRun("./one", home)).toBe("./one");
  expect(await nameRun("packages", home)).toBe("packages"); // a folder where tests are run
  expect(await nameRun("x", home)).toBe("x");
  expect(await nameRun("", homeOf("one", "two"))).toBe("");
});
