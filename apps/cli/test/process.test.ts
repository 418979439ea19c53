import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { corpusFolder, TINY } from "./corpus.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bin = join(root, "apps/cli/bin/trainer.js");
const shared = { folder: "", corpus: "", home: "" };

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process of the built command, or of another one. */
class Trainer {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
  #stderr = "";
  #heard: (() => void)[] = [];

  constructor(line: readonly string[], command: readonly string[] = [process.execPath, bin, ...line]) {
    const [file = "", ...args] = command;
    const env = { ...process.env, TRAINER_HOME: shared.home };
    const child = spawn(file, args, { cwd: shared.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      for (const hear of this.#heard.splice(0)) hear();
    });
    this.child = child;
    this.end = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        resolve({ code, signal, stdout, stderr: this.#stderr });
      });
    });
  }

  /** Resolves once `text` is on stderr; fails if the process ends without it. */
  async until(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      const heard = new Promise<null>((resolve) => this.#heard.push(() => resolve(null)));
      const ended = await Promise.race([heard, this.end]);
      if (ended !== null) throw new Error(`ended (${ended.code}) before "${text}": ${ended.stderr}`);
    }
  }
}

const LONG = [...TINY, "--max-steps", "100000", "--log-every", "1", "--early-stopping-patience", "100000"];

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", "apps/cli"], { cwd: root });
  const { folder, corpus } = await corpusFolder();
  Object.assign(shared, { folder, corpus, home: join(folder, "home") });
}, 120_000);

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s finishes the step, saves, says how to go on and exits %i", async (signal, code) => {
  const id = `cut-${signal}`;
  const run = new Trainer(["train", shared.corpus, ...LONG, "--run-id", id]);
  await run.until("step 2/");
  run.child.kill(signal);
  const ended = await run.end;
  expect(ended).toMatchObject({ code, signal: null, stdout: "" });
  expect(ended.stderr).toContain(` resume ${id} --home ${shared.home}`);
  expect(Number(/Stopped after step (\d+)/.exec(ended.stderr)?.[1])).toBeGreaterThanOrEqual(2);

  const again = new Trainer(["resume", id]);
  await again.until("going on from step");
  await again.until("tokens/s");
  again.child.kill("SIGINT");
  expect(await again.end).toMatchObject({ code: 130 });
});

test("a second SIGINT quits at once, in the middle of a step", async () => {
  // A step of a hundred thousand batches takes minutes.
  const run = new Trainer(["train", shared.corpus, ...LONG, "--grad-accum-steps", "100000", "--run-id", "twice"]);
  await run.until("plan  ");
  while (run.child.exitCode === null && run.child.signalCode === null) {
    run.child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { code, signal } = await run.end;
  expect(code ?? signal).toBeOneOf(["SIGINT", 130]); // 130 if the first came just before the step
});

test("a signal that comes twice in one instant stops a run as one does", async () => {
  const run = new Trainer(["train", shared.corpus, ...LONG, "--run-id", "echo"]);
  await run.until("step 2/");
  for (const signal of ["SIGTERM", "SIGTERM", "SIGINT"] as const) run.child.kill(signal);
  await run.until("Stopping after this step");
  run.child.kill("SIGTERM");
  const ended = await run.end;
  expect(ended.signal).toBeNull();
  expect(ended.code).toBeOneOf([130, 143]); // the system delivers those that wait in an order of its own
  expect(ended.stderr).toContain("all is saved");
  const again = new Trainer(["resume", "echo"]);
  await again.until("going on from step");
  again.child.kill("SIGINT");
  await again.end;
});

test("a run that is stopped before its first step says what is kept, and begins again", async () => {
  const long = join(shared.folder, "preparing.txt");
  await writeFile(long, Array.from({ length: 400_000 }, (_, i) => `line ${i} of ${i * 7919}\n`).join(""));
  const run = new Trainer(["train", long, ...LONG, "--run-id", "early"]);
  await run.until("folder ");
  run.child.kill("SIGINT");
  const ended = await run.end;
  expect(ended).toMatchObject({ code: 130, stdout: "" });
  expect(ended.stderr).toMatch(/^Stopping\. Once more/m);
  expect(ended.stderr).toMatch(/Stopped before the first step; .* kept\. To begin it again:\n {2}.* resume early/);
  expect(ended.stderr).not.toContain("all is saved");
  await writeFile(long, "another text by now\n".repeat(200));
  const again = new Trainer(["resume", "early"]);
  await again.until("step 1/");
  again.child.kill("SIGINT");
  expect((await again.end).stderr).toContain("all is saved");
});

test("kill -9 loses no more than what came after the last checkpoint", async () => {
  const line = ["train", shared.corpus, ...TINY, "--max-steps", "40", "--log-every", "1", "--checkpoint-every", "5"];
  const whole = await new Trainer([...line, "--run-id", "whole", "--json"]).end;
  const run = new Trainer([...line, "--run-id", "killed"]);
  await run.until("step 12/");
  run.child.kill("SIGKILL");
  await run.end;
  const resumed = await new Trainer(["resume", "killed", "--json"]).end;
  const last = (text: string) =>
    z.looseObject({ test_loss: z.number() }).parse(JSON.parse(text.trimEnd().split("\n").at(-1) ?? ""));
  expect(last(resumed.stdout).test_loss).toBe(last(whole.stdout).test_loss);
});

test("a reader that has seen enough ends the command quietly", async () => {
  const long = join(shared.folder, "long.txt");
  await writeFile(long, "a line to encode\n".repeat(200_000));
  await new Trainer(["tokenizer", "train", shared.corpus, "--vocab-size", "300", "--out", "tok"]).end;
  const line = `"$0" "$1" tokenizer encode tok --file ${long} | head -n 1; echo "\${PIPESTATUS[0]}" >&2`;
  const piped = new Trainer([], ["bash", "-c", line, process.execPath, bin]);
  const { stdout, stderr } = await piped.end;
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toBe("141\n");
});

test("a run whose reader goes away is saved like one that is stopped", async () => {
  const line = `"$0" "$@" | head -n 2`;
  const command = [
    "bash",
    "-c",
    line,
    process.execPath,
    bin,
    "train",
    shared.corpus,
    ...LONG,
    "--run-id",
    "headed",
    "--json",
  ];
  const { stdout, stderr } = await new Trainer([], command).end;
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((each): unknown => JSON.parse(each)),
  ).toHaveLength(2);
  expect(stderr).toContain(" resume headed");
});

test("a home that cannot be written to is told as such", async () => {
  await mkdir(join(shared.folder, "file-home"), { recursive: true });
  await writeFile(join(shared.folder, "file-home", "models"), "a file where a folder must be");
  const { code, stderr } = await new Trainer(["train", shared.corpus, ...TINY, "--home", "file-home"]).end;
  expect(code).toBe(1);
  expect(stderr).toContain("file-home");
  expect(stderr).not.toMatch(/\n\s+at /);
});
