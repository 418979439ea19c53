import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LargeAnswers } from "./large-answers.js";

let home = "";
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), "answers-"))));
afterEach(() => rm(home, { recursive: true }));

const large = `{"text":"${"é".repeat(256 << 10)}"}`;

test("a small answer stays as it is, a large one is a file, and comes back", async () => {
  const answers = new LargeAnswers(home, 60);
  expect(await answers.store("runs:score:r:1", '{"a":1}')).toBe('{"a":1}');
  expect(await answers.restore('{"a":1}')).toBe('{"a":1}');
  const value = await answers.store("runs:score:r:2", large);
  expect(value).toMatch(/^\{"file":"[0-9a-f]{64}\.json"\}$/);
  expect(await answers.restore(value)).toBe(large);
  expect(await answers.store("runs:score:r:2", large)).toBe(value);
  expect(await readdir(join(home, "answers"))).toHaveLength(1);
});

test("what is older than its key may be is removed when another comes", async () => {
  const answers = new LargeAnswers(home, 60);
  const old = await answers.store("old", large);
  const [name = ""] = await readdir(join(home, "answers"));
  const then = new Date(Date.now() - 61_000);
  await utimes(join(home, "answers", name), then, then);
  await answers.store("new", large);
  expect(await answers.restore(old)).toBeNull();
  expect(await readdir(join(home, "answers"))).not.toContain(name);
});

test("a value that names another file is no answer", async () => {
  const answers = new LargeAnswers(home, 60);
  expect(await answers.restore('{"file":"../keys.json"}')).toBeNull();
});
