import { readdir, utimes } from "node:fs/promises";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { LargeAnswers } from "./large-answers.js";

const large = `{"text":"${"é".repeat(256 << 10)}"}`;

test("a small answer stays as it is, a large one is a file, and comes back", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path, 60);
  expect(await answers.store("runs:score:r:1", '{"a":1}')).toBe('{"a":1}');
  expect(await answers.restore('{"a":1}')).toBe('{"a":1}');
  const value = await answers.store("runs:score:r:2", large);
  expect(value).toMatch(/^\{"file":"[0-9a-f]{64}\.json"\}$/);
  expect(await answers.restore(value)).toBe(large);
  expect(await answers.store("runs:score:r:2", large)).toBe(value);
  expect(await readdir(home.join("answers"))).toHaveLength(1);
});

test("what is older than its key may be is removed when another comes", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path, 60);
  const old = await answers.store("old", large);
  const [name = ""] = await readdir(home.join("answers"));
  const then = new Date(Date.now() - 61_000);
  await utimes(home.join("answers", name), then, then);
  await answers.store("new", large);
  expect(await answers.restore(old)).toBeNull();
  expect(await readdir(home.join("answers"))).not.toContain(name);
});

test("a value that names another file is no answer", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path, 60);
  expect(await answers.restore('{"file":"../keys.json"}')).toBeNull();
});
