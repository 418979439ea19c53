import { readdir, utimes, writeFile } from "node:fs/promises";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { LargeAnswers } from "./large-answers.js";

const large = `{"text":"${"é".repeat(256 << 10)}"}`;

test("a small answer stays as it is, a large one is a file, and comes back", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path);
  expect(await answers.store("runs:score:r:1", '{"a":1}', 60)).toBe('{"a":1}');
  expect(await answers.restore('{"a":1}')).toBe('{"a":1}');
  const value = await answers.store("runs:score:r:2", large, 60);
  expect(value).toMatch(/^\{"file":"[0-9a-f]{64}\.60\.json"\}$/);
  expect(await answers.restore(value)).toBe(large);
  expect(await answers.store("runs:score:r:2", large, 60)).toBe(value);
  expect(await readdir(home.join("answers"))).toHaveLength(1);
});

test("files go when their keys have expired, each after its own time; other files stay", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path);
  const kept = await answers.store("score", large, 604_800);
  const awaited = await answers.store("openai", large, 3600);
  const folder = home.join("answers");
  await writeFile(`${folder}/${"0".repeat(64)}.json`, large); // an earlier version's
  await writeFile(`${folder}/notes.txt`, "mine");
  const age = async (seconds: number) => {
    const then = new Date(Date.now() - seconds * 1000);
    for (const name of await readdir(folder)) await utimes(`${folder}/${name}`, then, then);
    await answers.removeExpired();
    return await readdir(folder);
  };
  expect(await age(3500)).toHaveLength(4);
  expect(await age(3700)).toHaveLength(3);
  expect([await answers.restore(awaited), await answers.restore(kept)]).toEqual([null, large]);
  expect(await age(604_900)).toEqual(["notes.txt"]);
});

test("without an answer there is nothing to remove", async () => {
  await using home = await scratch();
  await new LargeAnswers(home.path).removeExpired();
  expect(await readdir(home.path)).toEqual([]);
});

test("a value that names another file is no answer", async () => {
  await using home = await scratch();
  const answers = new LargeAnswers(home.path);
  expect(await answers.restore('{"file":"../keys.json"}')).toBeNull();
});
