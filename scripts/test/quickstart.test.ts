import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { at } from "../paths.js";

const exec = promisify(execFile);

test("the quickstart trains, lets the model write and answer three times each, and does not train again what is trained", async () => {
  await using home = await scratch();
  const quickstart = () =>
    exec(process.execPath, [at("scripts/quickstart.js"), "--chat", "--max-steps", "3", "--home", home.path]);
  const { stdout } = await quickstart();
  for (const prompt of ["ROMEO:", "First Citizen:", "QUEEN MARGARET:"]) expect(stdout).toContain(prompt);
  expect(stdout).toContain(`npx trainer generate quickstart --home ${home.path}`);
  for (const question of ["What is meant by checkpoint?", "What would ROMEO say?"]) expect(stdout).toContain(question);
  expect(stdout).toContain(`npx trainer chat quickstart-chat --home ${home.path}`);
  const manifest: unknown = JSON.parse(await readFile(home.join("models", "quickstart", "manifest.json"), "utf8"));
  expect(manifest).toMatchObject({ status: "completed", steps: 3 });

  const again = await quickstart();
  for (const run of ["quickstart", "quickstart-chat"]) expect(again.stdout).toContain(`${run} is trained already`);
}, 120_000);
