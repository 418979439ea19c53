import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { scratchPath, sha256 } from "@trainer/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { COLOR } from "../src/display/style.js";
import { serveHome, type ServedHome } from "../src/serve/one-per-home.js";
import type { Places } from "../src/serve/parts.js";
import { commandLine } from "./command-line.js";

const ESCAPES = "\u001B]0;pwned\u0007\u001B[2J\u001B[8m\u009B31m\u0000\u007F\r";
const ID = sha256("a file");
let home = "";
const shown: (string | undefined)[] = [];
let answer: () => { readonly status: number; readonly body: object } = () => ({ status: 200, body: {} });
let url = "";
const server = createServer((req, res) => {
  shown.push([req.headers["x-api-key"]].flat()[0]);
  const { status, body } = answer();
  req.resume();
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}).listen(0, "127.0.0.1");
const { trainer, json } = commandLine(() => home);

beforeAll(async () => {
  home = scratchPath("strangers");
  served = serveHome(home);
  if (!server.listening) await once(server, "listening");
  url = `http://127.0.0.1:${z.object({ port: z.int() }).parse(server.address()).port}`;
  writeFileSync(join(home, "keys.json"), JSON.stringify({ api_key: "home-api", data_bank_key: "home-files" }));
});
afterEach(() => void (shown.length = 0));
afterAll(() => {
  server.close();
  served[Symbol.dispose]();
  rmSync(home, { recursive: true });
});

let served: ServedHome;
const serves = (parts: Places) => served.tell(parts);
const there = (pid?: number) => ({ url, ...(pid === undefined ? {} : { pid }) });
const OTHER = { url: "http://127.0.0.1:1", pid: 1 };

/** The keys that the server was shown by a command on runs, and by one on files. */
async function keysShown(env: Record<string, string> = {}) {
  answer = () => ({ status: 404, body: { code: "RUN_NOT_FOUND", message: "no" } });
  await trainer(["runs", "list", "--server", url], { env });
  await trainer(["files", "info", ID, "--url", url], { env });
  return shown.splice(0);
}

test("a home's keys go to the system that is served for it, and to nobody else", async () => {
  serves({ api: there(7), "data-bank": there(7) });
  expect(await keysShown()).toEqual(["home-api", "home-files"]);
  expect(await keysShown({ SECURITY__API_KEY: "chosen" })).toEqual(["chosen", "home-files"]);
  serves({ api: OTHER, "data-bank": OTHER });
  expect(await keysShown({ SECURITY__API_KEY: "chosen" })).toEqual([undefined, undefined]);
  serves({ api: OTHER, "data-bank": there() }); // a file service that is not the home's own
  expect(await keysShown()).toEqual([undefined, undefined]);
  rmSync(join(home, "serve.json"));
  expect(await keysShown({ SECURITY__API_KEY: "chosen" })).toEqual([undefined, undefined]);
});

test("what a system that was killed has left is believed no more: somebody else may listen there by now", async () => {
  serves({ api: there(7), "data-bank": there(7) });
  expect(await keysShown()).toEqual(["home-api", "home-files"]);
  const lock = join(home, "serve.lock");
  const held = readFileSync(lock, "utf8");
  writeFileSync(lock, held.replace(/"started":"[^"]*"/, '"started":"before"')); // of a process that is gone
  expect(await keysShown()).toEqual([undefined, undefined]);
  writeFileSync(lock, held);
  rmSync(join(home, "serve.json"));
});

test("a key that was given goes where it was given for", async () => {
  const given = { TRAINER_API_KEY: "mine", APP__DATA_BANK_API_KEY: "my files" };
  expect(await keysShown(given)).toEqual(["mine", "my files"]);
  expect(await keysShown({ ...given, APP__DATA_BANK_API_URL: `${url}/` })).toEqual(["mine", "my files"]);
  expect(await keysShown({ ...given, APP__DATA_BANK_API_URL: "http://127.0.0.1:1" })).toEqual(["mine", undefined]);
  expect(await keysShown({ ...given, API_GATEWAY_URL: "http://127.0.0.1:1" })).toEqual(["mine", undefined]);
});

const status = {
  run_id: `run${ESCAPES}`,
  status: "failed",
  created_at: `2026-01-01T00:00:00Z`,
  updated_at: `2026-01-01T00:00:00Z`,
  progress: 0,
  last_heartbeat_ts: null,
  message: `message${ESCAPES}`,
  error: `error${ESCAPES}`,
  model_family: `family${ESCAPES}`,
  model_size: `size${ESCAPES}`,
  artifact_file_id: `file${ESCAPES}`,
  training: null,
};
const said: Readonly<Record<string, object>> = {
  refusal: { code: `CODE${ESCAPES}`, message: `said${ESCAPES}` },
  run: status,
  runs: { runs: [status], next: null },
  file: { file_id: ID, sha256: ID, size: 1, content_type: `type${ESCAPES}`, created_at: `since${ESCAPES}` },
};

/** Characters of a text that control a terminal: neither printable, nor a line's end or a tab, nor a color of ours. */
const steering = (text: string): string[] =>
  text.split(COLOR).flatMap((piece, i) => (i % 2 === 1 ? [] : (piece.match(/(?![\n\t])\p{Cc}/gu) ?? [])));

test.each([
  ["refusal", 400, ["runs", "list"]],
  ["run", 200, ["runs", "show", "some-run"]],
  ["runs", 200, ["runs", "list"]],
  ["run", 200, ["resume", "some-run"]],
  ["run", 200, ["logs", "some-run"]],
  ["run", 200, ["cancel", "some-run"]],
  ["file", 200, ["files", "info", ID]],
  ["refusal", 400, ["files", "get", ID]],
])("what a server says in a %s (%i) steers no terminal", async (kind, code, line) => {
  answer = () => ({ status: code, body: said[kind] ?? {} });
  const where = line[0] === "files" ? "--url" : "--server";
  for (const tty of [true, false]) {
    const { stdout, stderr } = await trainer([...line, where, url], { tty, env: { TRAINER_DEBUG: "1" } });
    expect(stdout + stderr).not.toBe("");
    expect(steering(stdout + stderr)).toEqual([]);
  }
  const { values, stderr } = await json([...line, where, url]);
  expect(steering(stderr)).toEqual([]);
  expect(values.length).toBeGreaterThan(0);
});

test("--json has all that a server said, with its control characters escaped", async () => {
  answer = () => ({ status: 200, body: said["runs"] ?? {} });
  const { stdout } = await trainer(["runs", "list", "--json", "--server", url]);
  expect(steering(stdout)).toEqual([]);
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ message: `message${ESCAPES}` }] });
});

test("what a folder or a manifest of others is called steers no terminal", async () => {
  const run = join(home, "models", "hostile");
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "manifest.json"), JSON.stringify({ run_id: "hostile", status: ESCAPES }));
  mkdirSync(join(home, "tokenizers", `tok${ESCAPES.replace("\u0000", "")}`), { recursive: true });
  for (const line of [
    ["runs", "list"],
    ["runs", "show", "hostile"],
    ["tokenizer", "list"],
    ["tokenizer", "show", ESCAPES],
    ["generate", ESCAPES, "--prompt", "x"],
    ["train", `/nowhere/${ESCAPES}`, "--quiet"] /* else there is a display */,
    ["runs", `--${ESCAPES}`],
  ]) {
    for (const tty of [true, false]) {
      const { stdout, stderr } = await trainer(line, { tty });
      expect(steering(stdout + stderr)).toEqual([]);
    }
  }
});
