import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TrainerClient } from "@trainer/client";
import { containing, scratchPath } from "@trainer/testing";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { define } from "../src/commands/ui.js";
import { corpusText } from "./corpus.js";
import { addresses, build, exited, running, until, type Running } from "./serving.js";
import { testIo } from "./screen.js";
import { homeWithRun, type TestHome } from "./trained.js";

const TRAINER = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
vi.setConfig({ testTimeout: 180_000 });

let shared: TestHome;
beforeAll(async () => {
  build();
  shared = await homeWithRun();
}, 180_000);
afterAll(() => rmSync(shared.folder, { recursive: true }));

const redisServer = String(process.env["PATH"])
  .split(":")
  .flatMap((folder) => ["redis-server", "valkey-server"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** A folder for the PATH with a Redis, and, where lines of a shell are given, a program that opens a browser by them. */
function programs(...browser: readonly string[]): string {
  const folder = scratchPath("programs");
  symlinkSync(String(redisServer), join(folder, "redis-server"));
  if (browser.length === 0) return folder;
  writeFileSync(join(folder, "xdg-open"), ["#!/bin/sh", ...browser].join("\n"));
  chmodSync(join(folder, "xdg-open"), 0o755);
  return folder;
}

const READY = /^pages +(\S+)$/m;
/** The ports of two parts; those that are tried are never the defaults, which others of this machine may use. */
const ANY = { PORT: "0", DATA_BANK_PORT: "0" };

const begun: Running[] = [];
async function ui(home: string, { line = [], env = {}, tty = false }: Partial<Asked> = {}): Promise<Running> {
  const all = { TRAINER_HOME: home, NO_COLOR: "1", ...ANY, ...env };
  const one = await running(["ui", ...line], all, home, READY, tty);
  begun.push(one);
  return one;
}
afterEach(async () => {
  for (const { interrupt, ended } of begun.splice(0)) {
    interrupt();
    await ended;
  }
});

interface Asked {
  readonly line: readonly string[];
  readonly env: Record<string, string>;
  readonly tty: boolean;
}

const linkOf = (text: string): string => String(READY.exec(text)?.[1]);
const keyOf = (home: string) =>
  z.object({ api_key: z.string() }).parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8"))).api_key;

test("the browser is led to the pages of what trainer train has made, once; and a second call opens the same pages", async () => {
  const { home } = shared;
  const opened = join(scratchPath("opened"), "addresses");
  // A browser follows the address it was given.
  const PATH = programs(
    `echo "$#:$1" >> ${opened}`,
    `${process.execPath} -e 'fetch(process.argv[1], { redirect: "manual" })' "$1"`,
  );
  const env = { PATH: `${PATH}:/usr/bin:/bin`, DISPLAY: ":99" };
  const { io, ended, interrupt } = await ui(home, { env, tty: true });
  const link = new URL(linkOf(io.stdout.text));
  const { api } = addresses(home);
  expect(link.origin).toBe(api.url);
  expect(io.stdout.text).toContain(`runs   1 in ${home}`);
  expect(io.stderr.text).toContain("They are there until Ctrl-C. A training that is under way then is saved");
  const given = () => (existsSync(opened) ? readFileSync(opened, "utf8").trim().split("\n") : []);
  await until(() => given().length === 1);
  expect(given()[0]).toMatch(/^1:http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{48}$/); // no key, which other users could read

  const entered = await fetch(link, { redirect: "manual" });
  const cookie = String(entered.headers.getSetCookie()[0]?.split(";")[0]);
  expect((await fetch(`${api.url}/runs`, { headers: { cookie } })).status).toBe(200);
  expect((await fetch(new URL("/app/", link))).headers.get("content-type")).toContain("text/html");

  const client = new TrainerClient({ url: String(api.url), apiKey: String(link.searchParams.get("key")) });
  const { runs } = await client.catalogue({ sort: "created_at" });
  expect(runs).toMatchObject([{ run_id: "one", status: "completed" }]);
  const wrote = await client.generate("one", { prompt_text: "the cat", max_new_tokens: 4, stop_on_eos: false });
  expect(wrote).toMatchObject({ status: "completed", outputs: [expect.stringMatching(/./)] });
  expect(await client.score("one", { text: "the cat sees the moon." })).toMatchObject({ status: "completed" });
  expect(await client.chat("one", { message: "the cat", max_new_tokens: 4 })).toMatchObject({ status: "completed" });
  expect((await client.files("one")).files.length).toBeGreaterThan(3);

  const second = await ui(home, { env, tty: true });
  expect(await second.ended).toBe(0);
  expect(linkOf(second.io.stdout.text)).toBe(link.href);
  expect(second.io.stderr.text).toContain("Another process serves them, and they are there for as long as it is.");
  expect(given()).toHaveLength(2);
  const third = await ui(home, { line: ["--json"], env, tty: true });
  expect(await third.ended).toBe(0);
  expect(JSON.parse(third.io.stdout.text)).toEqual({
    ready: true,
    url: `${api.url}/`,
    home,
    addresses: join(home, "serve.json"),
  });
  expect(given()).toHaveLength(2);
  interrupt();
  expect(await ended).toBe(0);
  expect(io.stderr.text).toMatch(/stopping: .*\nstopped\n$/);
});

test("a real process without a terminal shows no key and opens nothing, and SIGINT ends all its parts", async () => {
  const { home } = shared;
  const opened = join(scratchPath("opened"), "addresses");
  const PATH = programs(`echo "$1" >> ${opened}`);
  const env = { ...process.env, ...ANY, PATH: `${PATH}:${process.env["PATH"]}`, DISPLAY: ":99", SSH_CONNECTION: "" };
  const child = spawn(process.execPath, [TRAINER, "ui", "--home", home], {
    env,
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += String(text)));
  child.stderr.on("data", (text) => (said.err += String(text)));
  await until(() => said.out.includes("\nkey"));
  const { redis, "data-bank": bank, worker, api } = addresses(home);
  expect(linkOf(said.out)).toBe(`${api.url}/`);
  expect(said.out + said.err).not.toContain(keyOf(home));
  expect(said.out).toContain(`api_key in ${join(home, "keys.json")}`);
  const end = once(child, "exit");
  child.kill("SIGINT");
  expect(await end).toEqual([0, null]);
  await Promise.all([redis, bank, worker, api].map(({ pid }) => exited(Number(pid))));
  expect(existsSync(join(home, "serve.json"))).toBe(false);
  expect(existsSync(opened)).toBe(false);
});

test("a training goes on after a stop and a kill, and its run stays where the commands find it", async () => {
  const home = join(scratchPath("ui"), "new");
  const first = await ui(scratchPath("cwd"), { line: ["--home", home] });
  expect(first.io.stdout.text).toContain(`runs   none yet in ${home}`);
  const client = () => new TrainerClient({ url: String(addresses(home).api.url), apiKey: keyOf(home) });
  mkdirSync(join(home, "corpus"));
  writeFileSync(join(home, "corpus", "text.txt"), corpusText);
  const { run_id: run } = await client().train({
    corpus_path: "text.txt",
    model_family: "char_lstm",
    model_size: "tiny",
    max_seq_len: 16,
    batch_size: 4,
    num_epochs: 1,
    max_steps: 600,
    tokenizer_method: "char",
  });
  const step = async () => (await client().run(run)).training?.step ?? 0;
  await until(async () => (await step()) > 5);
  first.interrupt();
  expect(await first.ended).toBe(0);

  const killed = spawn(process.execPath, [TRAINER, "ui", "--no-open", "--home", home], {
    env: { ...process.env, ...ANY },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  killed.stdout.on("data", (text) => (said += String(text)));
  await until(() => READY.test(said));
  const dead = once(killed, "exit");
  killed.kill("SIGKILL");
  await dead;

  const again = await ui(home);
  expect(await client().waitForRun(run)).toMatchObject({ status: "completed" });
  again.interrupt();
  expect(await again.ended).toBe(0);
  expect(existsSync(join(home, "models", run, "model.safetensors"))).toBe(true);
  const { code, stdout } = await shared.trainer(["generate", run, "--prompt", "the", "--home", home]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/\S/)]);
});

test("of two that are started at once one serves the home, and the other waits and opens the same pages", async () => {
  const home = scratchPath("ui");
  const both = await Promise.all([ui(home, { tty: true }), ui(home, { tty: true })]);
  const [link, other] = both.map(({ io }) => linkOf(io.stdout.text));
  expect(link).toBe(other);
  const waited = both.filter(({ io }) =>
    io.stderr.text.includes(`another process serves ${home}: waiting for its pages`),
  );
  expect(await Promise.all(waited.map(({ ended }) => ended))).toEqual([0]);
});

test("ports that are taken are left to others, but one that was asked for is not replaced", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = z.object({ port: z.number() }).parse(taken.address());
  const home = scratchPath("ui");
  const env = { PORT: String(port), DATA_BANK_PORT: String(port) };
  const { ended, interrupt } = await ui(home, { env });
  const { api, "data-bank": bank } = addresses(home);
  const ports = [api, bank].map(({ url }) => Number(new URL(String(url)).port));
  expect(new Set([port, ...ports]).size).toBe(3);
  const { settings } = await new TrainerClient({ url: String(api.url), apiKey: keyOf(home) }).system();
  const shown = (name: string) => settings.find((each) => each.name === name);
  expect(shown("PORT")).toMatchObject({ value: null, source: `any that is free: ${port} is taken` });
  expect(shown("BIND_HOST")).toMatchObject({ value: "127.0.0.1", source: "trainer ui: for this machine alone" });
  expect(shown("APP__DATA_BANK_API_URL")).toMatchObject({ value: bank.url });
  interrupt();
  expect(await ended).toBe(0);
  const exactly = await ui(home, { line: ["--port", String(port)] });
  expect(await exactly.ended).toBe(1);
  expect(exactly.io.stderr.text).toContain(`port ${port} of 127.0.0.1, which the API is to listen on, is in use`);
  taken.close();
});

test("where no browser is to be had, the address is all, and over SSH the way to it", async () => {
  const home = scratchPath("ui");
  const PATH = programs();
  const nobody = await ui(home, { env: { PATH, DISPLAY: ":99" }, tty: true });
  await until(() => nobody.io.stderr.text.includes("No browser could be opened: open the address above in one."));
  const port = new URL(linkOf(nobody.io.stdout.text)).port;
  const noted = async (asked: Partial<Asked>) => {
    const { io, ended } = await ui(home, { tty: true, ...asked });
    expect(await ended).toBe(0);
    expect(linkOf(io.stdout.text)).toBe(linkOf(nobody.io.stdout.text));
    return io.stderr.text;
  };
  expect(await noted({ env: { PATH, DISPLAY: ":99" }, line: ["--no-open"] })).not.toContain("browser");
  expect(await noted({ env: { PATH } })).not.toContain("browser");
  expect(await noted({ env: { PATH, DISPLAY: ":99", SSH_CONNECTION: "1 2 3 4" } })).toContain(
    `ssh -N -L ${port}:127.0.0.1:${port} HOST`,
  );
  nobody.interrupt();
  expect(await nobody.ended).toBe(0);
});

test("on a live terminal one line shows how far the start is, and is gone then; a part that dies is told of", async () => {
  const home = scratchPath("ui");
  const { io, ended, interrupt } = await ui(home, { env: { NO_COLOR: "", DISPLAY: "" }, tty: true });
  const { worker } = addresses(home);
  process.kill(Number(worker.pid), "SIGKILL");
  await until(() => io.stderr.text.includes("worker is down: it was ended by SIGKILL"));
  await until(() => ![undefined, worker.pid].includes(addresses(home).worker.pid));
  // Two parts that are up within a tenth of a second are one step on the screen, and a part that is up again is none.
  const shares = Array.from(io.stderr.text.matchAll(/(\d+) % {2}starting/g), ([, share]) => Number(share));
  expect(shares.length).toBeGreaterThan(1);
  expect(shares[0]).toBe(0);
  expect(shares.every((share, i) => [0, 25, 50, 75].indexOf(share) >= i)).toBe(true);
  expect(shares).toEqual([...new Set(shares)].sort((a, b) => a - b));
  interrupt();
  expect(await ended).toBe(0);
});

test("what cannot be opened is refused with what to do", async () => {
  const io = testIo({ cwd: "/" });
  const command = new Command("ui")
    .exitOverride()
    .option("--home <dir>", "", scratchPath("ui"))
    .option("--plugin", "", []);
  define(command, io, () => "");
  await expect(command.parseAsync([], { from: "user" })).rejects.toThrow(
    "the pages are not built: run `npm run bootstrap`",
  );

  const file = join(scratchPath("ui"), "file");
  writeFileSync(file, "");
  const isFile = await shared.trainer(["ui", "--home", file]);
  expect(isFile).toMatchObject({ code: 2, stderr: containing("is a file, or lies below one") });
  const { code, stderr } = await shared.trainer(["ui", "--home", "/sys/none"]);
  const why = /^error: nothing can be written in \/sys\/none \(.*(not permitted|denied|read-only).*\), which --home/;
  expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
});
