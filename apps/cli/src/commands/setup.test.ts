import { Command } from "commander";
import { expect, test } from "vitest";
import { testIo } from "../../test/screen.js";
import { run } from "../program.js";
import { define } from "./setup.js";

test.each([
  [true, /^libtorch 2\.15\.\d+\S* is fetched, and loads\.\n$/],
  [false, /^libtorch 2\.15\.\d+\S* was there, and loads\.\n$/],
])("setup says whether libtorch was fetched (%j), once it has loaded", async (fetched, text) => {
  const io = testIo();
  const command = new Command("setup").option("--home <dir>", "the home", "runs").option("--plugin <name>", "", []);
  define(command, io, () => Promise.resolve(fetched));
  await command.parseAsync([], { from: "user" });
  expect(io.stdout.text).toMatch(text);
});

test("setup finds this checkout's own, and fetches nothing", async () => {
  const io = testIo();
  expect(await run(["setup", "--json"], io)).toBe(0);
  expect(JSON.parse(io.stdout.text)).toMatchObject({ fetched: false });
  expect(io.stderr.text).toBe("");
});
