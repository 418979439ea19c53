import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { containing, scratchPath, writeCorpus } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";

const EXAMPLE = fileURLToPath(new URL("../../../examples/plugin", import.meta.url));
const BIN = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
let home = "";
beforeAll(() => {
  home = scratchPath("cli-plugins");
  writeCorpus(join(home, "corpus.txt"));
});
const { trainer, json } = commandLine(() => home);

test("a plugin that is broken is a usage error in one sentence, and no hindrance to looking", async () => {
  const nowhere = ["--plugin", "./nowhere"];
  const { code, stderr } = await trainer(["runs", "list", ...nowhere], { cwd: home });
  expect([code, stderr]).toEqual([2, containing(`error: there is no plugin at ${join(home, "nowhere")}: name its`)]);
  expect((await json(["runs", "list", "--plugin=nothing"], { cwd: home })).last).toEqual({
    error: { code: "USAGE", message: containing(`where ${home} or ${home} finds it`), hint: null },
  });
  expect((await trainer(["config", "show", ...nowhere], { cwd: home })).code).toBe(0);
  const doctor = await trainer(["doctor", ...nowhere], { cwd: home });
  expect(doctor.stdout).toMatch(/^-- +Plugins +there is no plugin at/m);
  expect((await trainer(["doctor"], { cwd: home })).stdout).not.toContain("Plugins");
});

test("a configuration that names plugins wrongly is said to be wrong, whatever else is in it", async () => {
  const cwd = scratchPath("cli-plugins-config");
  mkdirSync(join(cwd, "config"));
  writeFileSync(join(cwd, "config/app.toml"), 'plugins = "one"\nport = "eighty"\n');
  const { code, stderr } = await trainer(["runs", "list"], { cwd });
  expect([code, stderr]).toEqual([1, containing('plugins = "one" (config/app.toml:1): must be a list of texts')]);
});

test("doctor lists the plugins that are loaded, and every command takes the flag", async () => {
  const { stdout } = await trainer(["doctor", "--plugin", EXAMPLE], { cwd: home });
  expect(stdout).toMatch(/^ok +Plugins +trainer-plugin-example 0\.1\.0$/m);
  expect((await trainer(["runs", "list"], { cwd: home, env: { PLUGINS: EXAMPLE } })).code).toBe(0);
  expect((await trainer(["train", "--help"], { cwd: home })).stdout).toContain("--plugin <name>");
});

/** A command line in a process of the built program. */
async function typed(line: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, "--home", home, ...line], {
    cwd: home,
    env: { PATH: process.env["PATH"] },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(child.exitCode), stdout, stderr };
}

test("an installed package is found by its name, and what was trained with it says so without it", async () => {
  cpSync(EXAMPLE, join(home, "node_modules/trainer-plugin-example"), { recursive: true }); // nothing it imports lies near
  const own = ["--model", "window", "--size", "tiny", "--optimizer", "lion", "--tokenizer-method", "bytes"];
  const line = ["train", "corpus.txt", ...own, "--max-seq-len", "16", "--max-steps", "3", "--run-id", "one"];
  const refused = await typed(line);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    containing("gpt2, llama, qwen, olmo2, gpt_neox, phi3, char_lstm"),
  ]);
  const trained = await typed([...line, "--plugin", "trainer-plugin-example"]);
  expect(trained).toMatchObject({
    code: 0,
    stdout: containing(`trainer generate one --home ${home} --plugin trainer-plugin-example --prompt`),
  });

  const generate = ["generate", "one", "--prompt", "the", "--max-new-tokens", "4"];
  const without = await typed(generate);
  expect([without.code, without.stderr]).toEqual([
    1,
    containing("it was trained with the plugin trainer-plugin-example 0.1.0, which is not loaded here: give --plugin"),
  ]);
  mkdirSync(join(home, "config"));
  writeFileSync(join(home, "config/app.toml"), 'plugins = ["trainer-plugin-example"]\n');
  expect((await typed(generate)).code).toBe(0);
});
