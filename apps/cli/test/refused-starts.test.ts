import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchPath, startRedis } from "@trainer/testing";
import { startDataBank, dataBankConfig } from "@trainer/data-bank";
import { Redis } from "ioredis";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { build } from "./serving.js";

const TRAINER = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));

beforeAll(build);

/** Root may write everywhere, unless it gives that up. */
const UNPRIVILEGED = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

/** A command in a process of its own, to its end: its exit code, and what it wrote to stderr that is no log record. */
async function ended(line: readonly string[], env: Readonly<Record<string, string>>, before: readonly string[] = []) {
  const [program = "", ...args] = [...before, process.execPath, TRAINER, ...line];
  const child = execFile(program, args, { env: { PATH: process.env["PATH"], ...env }, cwd: scratchPath("refused") });
  let stderr = "";
  child.stderr?.on("data", (text) => (stderr += String(text)));
  const [code] = z.tuple([z.int().nullable(), z.unknown()]).parse(await once(child, "close"));
  return { code, told: stderr.split("\n").filter((text) => text !== "" && !text.startsWith("{")) };
}

/** Starts of all parts, with what they keep in `home`. */
const starts = (home: string) =>
  ({
    api: [["api", "--port", "0"], { APP__ARTIFACTS_ROOT: home, APP__DATA_ROOT: home }],
    worker: [["worker"], { APP__ARTIFACTS_ROOT: home, APP__DATA_ROOT: home }],
    "data-bank": [["data-bank", "--port", "0", "--home", home], {}],
    serve: [["serve", "--port", "0", "--data-bank-port", "0", "--home", home], {}],
  }) as const;
const PARTS = ["api", "worker", "data-bank", "serve"] as const;

test.each(PARTS)("%s: a home that is not writable is refused in a sentence, and nothing is made", async (part) => {
  await using redis = await startRedis();
  const home = scratchPath("read-only");
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o555);
  const [line, env] = starts(home)[part];
  const { code, told } = await ended(line, { REDIS_URL: redis.url, ...env }, UNPRIVILEGED);
  expect(told).toEqual([
    expect.stringMatching(
      /^error: nothing can be written in \S+ \(permission denied for user \d+\), which \S.* names: let this user write there, or name another folder$/,
    ),
  ]);
  expect([code, readdirSync(home)]).toEqual([1, []]);
});

test.each(PARTS)("%s: a Redis that wants a password, and a home of a later version, likewise", async (part) => {
  await using redis = await startRedis();
  const admin = new Redis(redis.url);
  await admin.config("SET", "requirepass", "geheim");
  const [line, env] = starts(scratchPath("home"))[part];
  expect(await ended(line, { REDIS_URL: redis.url, ...env })).toEqual({
    code: 1,
    told: [
      `error: the Redis at ${redis.url} cannot be used (it wants a password): put it into REDIS_URL, as in redis://:PASSWORD@HOST:PORT/0`,
    ],
  });
  await admin.config("SET", "requirepass", "");
  admin.disconnect();
  const later = scratchPath("later");
  mkdirSync(later, { recursive: true });
  writeFileSync(join(later, "home.json"), `{"format": 2, "written_by": "9.0.0"}`);
  const [laterLine, laterEnv] = starts(later)[part];
  const { code, told } = await ended(laterLine, { REDIS_URL: redis.url, ...laterEnv });
  expect(told).toEqual([expect.stringContaining("was made by Model Trainer 9.0.0 (format 2 of a home), and this is")]);
  expect([code, readdirSync(later)]).toEqual([1, ["home.json"]]);
});

test("a port that is taken ends those that listen, whatever they have connected to by then", async () => {
  await using redis = await startRedis();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = z.object({ port: z.int() }).parse(taken.address());
  for (const part of ["api", "data-bank"] as const) {
    const [[name], env] = starts(scratchPath("home"))[part];
    const { code, told } = await ended([name, "--port", String(port)], { REDIS_URL: redis.url, ...env });
    expect([code, ...told]).toEqual([
      1,
      `error: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
      "Choose another port with --port N; 0 takes one that is free.",
    ]);
  }
  taken.close();
});

test("a worker whose file service would refuse it in the end is refused at once", async () => {
  await using redis = await startRedis();
  const keys = { API_UPLOAD_KEYS: "right", PORT: "0", DATA_ROOT: scratchPath("files") };
  await using bank = await startDataBank(dataBankConfig(keys), { log: { write: () => {} } });
  const [line, env] = starts(scratchPath("home")).worker;
  const common = { REDIS_URL: redis.url, APP__DATA_BANK_API_URL: bank.url, ...env };
  const advice = "set APP__DATA_BANK_API_KEY to one of its API_UPLOAD_KEYS";
  expect(await ended(line, common)).toEqual({
    code: 1,
    told: [`error: the file service at ${bank.url} wants a key: ${advice}`],
  });
  const elsewhere = { MLFLOW_TRACKING_URI: "sqlite:///mlflow.db" }; // of other programs: no reason not to start
  expect(await ended(line, { ...common, ...elsewhere, APP__DATA_BANK_API_KEY: "wrong" })).toEqual({
    code: 1,
    told: [
      expect.stringMatching(/^MLFLOW_TRACKING_URI: must be http.* is sqlite:; no run is sent there$/),
      `error: the file service at ${bank.url} does not take the key: ${advice}`,
    ],
  });
});

test("a tokenizer that would have nowhere to go is refused before its text is read", async () => {
  const home = scratchPath("read-only");
  mkdirSync(home, { recursive: true });
  const text = join(home, "text.txt");
  writeFileSync(text, "words ".repeat(1000));
  chmodSync(home, 0o555);
  for (const more of [[], ["--out", join(home, "tok")]]) {
    const { code, told } = await ended(["tokenizer", "train", text, "--home", home, ...more], {}, UNPRIVILEGED);
    expect([code, ...told]).toEqual([1, expect.stringContaining(`nothing can be written in ${home}/tok`)]);
  }
});
