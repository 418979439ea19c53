import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { containing, scratchPath } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { running } from "./serving.js";

const TINY = fileURLToPath(new URL("../../../packages/training/test/fixtures/tiny-gpt2", import.meta.url));

const home = scratchPath("cli-openai");
const { trainer } = commandLine(() => home);
const [first, second] = [join(home, "first"), join(home, "second")];

beforeAll(async () => {
  for (const folder of [first, second]) await cp(TINY, folder, { recursive: true });
});

const Facts = z.object({ url: z.string(), models: z.array(z.string()) });

const line = (...more: string[]) => ["openai", first, "--home", home, "--port", "0", "--device", "cpu", ...more];

test("openai serves models by their names until it is stopped, with the key of the settings", async () => {
  const env = { SECURITY__API_KEY: "s3cret" };
  const { io, ended, interrupt } = await running(line(second, first, "--weights", "int8"), env, home, /^models/m);
  const [, url] = /^openai +(\S+)$/m.exec(io.stdout.text) ?? [];
  expect(io.stdout.text).toMatch(/^models +first, second$/m);
  expect((await fetch(`${url}/models`)).status).toBe(401);
  const headers = { authorization: "Bearer s3cret" };
  const body = JSON.stringify({ model: "second", prompt: "The lamp", max_tokens: 3, temperature: 0 });
  const answer = await fetch(`${url}/completions`, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({ model: "second", usage: { completion_tokens: 3 } });
  interrupt();
  expect(await ended).toBe(0);
  expect(io.stdout.text + io.stderr.text).not.toContain("s3cret");
});

test("scripts are told the address, and everybody on this machine is let in without a key", async () => {
  const { io, ended, interrupt } = await running(line("--json"), {}, home, /"url"/);
  const { url, models } = Facts.parse(JSON.parse(io.stdout.text));
  expect(models).toEqual(["first"]);
  expect(await (await fetch(`${url}/models`)).json()).toMatchObject({ data: [{ id: "first" }] });
  interrupt();
  expect(await ended).toBe(0);
});

test("what cannot be served is refused before anything listens", async () => {
  const again = join(home, "else", "first");
  await cp(TINY, again, { recursive: true });
  const cases: [string[], number, string][] = [
    [line(again), 2, "two of these models have the name first: rename one's folder"],
    [line("no-such-model"), 1, "no-such-model"],
    [line("--host", "0.0.0.0"), 1, "set SECURITY__API_KEY, or listen on 127.0.0.1"],
    [["openai"], 2, "missing required argument 'models'"],
  ];
  for (const [words, code, message] of cases) {
    const refused = await trainer(words, { cwd: home });
    expect([refused.code, refused.stderr]).toEqual([code, containing(message)]);
  }
});
