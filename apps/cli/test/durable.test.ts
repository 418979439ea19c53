import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { corpusFolder, TINY } from "./corpus.js";

const PROGRAM = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
const TRACE = `--import=${new URL("trace-disk.mjs", import.meta.url).href}`;

const Event = z.union([
  z.tuple([z.enum(["rename", "link"]), z.string(), z.string()]),
  z.tuple([z.enum(["write", "sync", "mkdir", "rm"]), z.string()]).rest(z.unknown()),
]);
type Event = z.infer<typeof Event>;

/** File operations of a command and its processes, in order. */
async function traced(folder: string, line: readonly string[]): Promise<Event[]> {
  const trace = join(folder, `trace-${Math.random()}`);
  const env = { ...process.env, TRAINER_HOME: join(folder, "home"), NODE_OPTIONS: TRACE, TRACE_DISK: trace };
  await promisify(execFile)(process.execPath, [PROGRAM, ...line], { env, cwd: folder });
  return eventsIn(trace);
}

async function eventsIn(trace: string): Promise<Event[]> {
  const lines = (await readFile(trace, "utf8")).trimEnd().split("\n");
  return lines.map((text) => Event.parse(JSON.parse(text)));
}

/** Files of a living process: locks and marks; or files that are appended to and truncated on resume. */
const PASSING = /lock|\.in-use-|\.removal|logs\.jsonl|\.log$/;
/** A name under which nothing is looked for. */
const ASIDE = /^\.removed-|^\.tmp-|^\.trainer-|\.tmp$|-replaced$/;

/** Writes that a power cut could undo although a command has ended, or expose half-done meanwhile. */
function faults(events: readonly Event[], root: string): string[] {
  const found: string[] = [];
  const unsynced = new Set<string>(); // files whose content, folders whose names are not on the disk for certain
  const within = (path: string) => path.startsWith(root) && !PASSING.test(basename(path));
  const say = (what: string, path: string) => found.push(`${what}: ${relative(root, path)}`);
  const below = (path: string) => [...unsynced].filter((each) => each === path || each.startsWith(`${path}/`));
  for (const [does, path, other] of events) {
    if (!within(path)) continue;
    if (does === "write") unsynced.add(path);
    if (does === "sync") unsynced.delete(path);
    if (does === "rm") for (const each of below(path)) unsynced.delete(each);
    if (does === "mkdir" && !ASIDE.test(basename(path))) unsynced.add(dirname(path));
    if (does !== "rename" && does !== "link") continue;
    if (ASIDE.test(basename(other))) {
      for (const each of below(path)) unsynced.delete(each);
      if (does === "rename") unsynced.add(dirname(path));
      continue;
    }
    for (const each of below(path)) {
      say("put in its place before it was synced", each);
      unsynced.delete(each);
    }
    unsynced.add(dirname(other));
  }
  for (const path of unsynced) say("never synced", path);
  return found;
}

test("what a command has written, removed or moved when it ends is on the disk, and nothing is ever seen half", async () => {
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const lines = {
    tokenizer: ["tokenizer", "train", corpus, "--out", join(home, "tokenizers", "own"), "--vocab-size", "300"],
    train: ["train", corpus, ...TINY, "--max-steps", "4", "--eval-every", "2", "--run-id", "one"],
    lora: ["train", corpus, ...TINY, "--max-steps", "2", "--run-id", "two", "--pretrained", "one", "--lora-rank", "2"],
    begun: ["train", corpus, ...TINY, "--max-steps", "2", "--run-id", "three", "--tokenizer-method", "char"],
    eval: ["eval", "one"],
    export: ["export", "one", "--out", join(folder, "exported")],
    again: ["export", "one", "--out", join(folder, "exported"), "--force"],
    adapter: ["export", "two", "--out", join(folder, "adapter"), "--adapter"],
    remove: ["runs", "rm", "three"],
    cleanup: ["cleanup", "tokenizers", "--min-unused-days", "0"],
  };
  const wrong: Record<string, string[]> = {};
  for (const [name, line] of Object.entries(lines)) {
    const events = await traced(folder, line);
    expect(events.length).toBeGreaterThan(name === "cleanup" ? 0 : 2);
    wrong[name] = faults(events, folder);
  }
  expect(wrong).toEqual(Object.fromEntries(Object.keys(lines).map((name) => [name, []])));
}, 120_000);

test("so it is with keys, files, corpora and archived runs of a system that serves a home", async () => {
  const { folder, corpus } = await corpusFolder();
  const trace = join(folder, "trace");
  const env = {
    ...process.env,
    NODE_OPTIONS: TRACE,
    TRACE_DISK: trace,
    PORT: "0",
    DATA_BANK_PORT: "0",
    MIN_FREE_GB: "0",
  };
  const args = [PROGRAM, "serve", "--home", join(folder, "home")];
  const serve = spawn(process.execPath, args, { env, cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  let shown = "";
  for await (const chunk of serve.stdout.iterator({ destroyOnReturn: false })) {
    shown += String(chunk);
    if (shown.includes("addresses")) break;
  }
  const commands = [
    ["train", corpus, ...TINY, "--max-steps", "2", "--run-id", "one"],
    ["corpus", "add", corpus],
    ["runs", "upload", "one"],
    ["cleanup", "runs"],
    ["eval", "one"],
    ["cleanup", "corpus-cache", "--max-bytes", "0"],
  ];
  const wrong: string[] = [];
  try {
    for (const line of commands) wrong.push(...faults(await traced(folder, line), folder));
  } finally {
    serve.kill("SIGINT");
    await once(serve, "exit");
  }
  const events = await eventsIn(trace);
  expect(events.map(([, path]) => relative(join(folder, "home"), path))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^keys.json/), expect.stringMatching(/^files\/..\/..$/)]),
  );
  expect([...wrong, ...faults(events, folder)]).toEqual([]);
}, 120_000);
