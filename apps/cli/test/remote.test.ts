import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { TrainRequest } from "@trainer/platform";
import { matching } from "@trainer/testing";
import type { System } from "@trainer/testing/system";
import { z } from "zod";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { EXIT } from "../src/process/exit-codes.js";
import { Stopped } from "../src/process/interrupts.js";
import { run as command } from "../src/program.js";
import { commandLine } from "./command-line.js";
import { startRemote, type Remote } from "./remote-system.js";
import { testIo } from "./screen.js";

let remote: Remote;
let system: System;
let corpus: string;
let api: { readonly url: string };
const { trainer, json } = commandLine(() => system.root);
const on = (...line: string[]) => remote.on(...line);
const TINY = "--model char_lstm --size tiny --max-seq-len 32 --batch-size 8 --num-epochs 2 --seed 7".split(" ");
const FOLDER = fileURLToPath(new URL("../../../examples/corpus", import.meta.url));
const RATES = { tokens_per_sec: 1, step_ms: 1, eta_seconds: 1, rss_bytes: 1 };

beforeAll(async () => {
  remote = await startRemote();
  ({ system, corpus } = remote);
  api = remote;
});
afterAll(() => remote[Symbol.asyncDispose]());

let run: string;

test("a training on a server is sent there, followed and summed up as one of this machine", async () => {
  const { code, stdout, stderr } = await trainer(on("train", corpus, ...TINY));
  expect(stderr).toMatch(/corpus {5}[0-9a-f]{64}\nrun {8}char_lstm-tiny-/);
  expect(stderr).toMatch(/validation at step \d+: loss .*best so far/);
  expect(stdout).toContain("Done: ");
  expect(stdout).toMatch(/test {8}loss \d/);
  expect(stdout).toContain(`--server ${api.url} --prompt`);
  expect(code).toBe(0);
  run = /generate (\S+)/.exec(stdout)?.[1] ?? "";
});

test("the same command trains the same model on a server as on this machine", async () => {
  const records = join(system.root, "records.jsonl");
  const lines = readFileSync(corpus, "utf8").trimEnd().split("\n");
  writeFileSync(records, lines.map((line, i) => JSON.stringify({ text: `${line}\n${i}` })).join("\n"));
  const own = "--embed-dim 16 --hidden-dim 24 --num-layers 1 --dropout 0.2 --max-steps 9 --max-seq-len 32 --seed 3";
  const flags = `--model char_lstm ${own} --tokenizer-method bpe --vocab-size 280 --learning-rate 0.01`.split(" ");
  const Outcome = z.looseObject({ step: z.int(), test_loss: z.number(), best_val_loss: z.number() });
  for (const line of [
    [corpus, "--document", "paragraph"],
    [corpus, "--document", "line", "--special-tokens", "--as", "text"],
    [records, "--as", "jsonl", "--document", "line"],
    [records, "--min-frequency", "4", "--eval-tokens", "200"],
    [
      corpus,
      ..."--lr-schedule wsd --warmup-steps 2 --beta2 0.95 --eval-every 4 --ema-decay 0.5 --no-verdict".split(" "),
    ],
  ]) {
    const there = Outcome.parse((await json(on("train", ...line, ...flags, "--quiet"))).last);
    const here = z
      .looseObject({ steps: z.int(), test_loss: z.number(), best_val_loss: z.number() })
      .parse((await json(["train", ...line, ...flags, "--threads", "1", "--quiet", "--no-evaluate"])).last);
    expect([there.step, there.best_val_loss, there.test_loss]).toEqual([9, here.best_val_loss, here.test_loss]);
    expect(here.steps).toBe(9);
  }
}, 180_000);

test("a text that the service has, and a tokenizer, are named by their ids", async () => {
  const files = new DataBankClient({ url: system.bank.url, apiKey: "key" });
  const { file_id: id } = await files.upload(corpus, "text/plain");
  const { last, code } = await json(on("train", id, "--tokenizer", "tok-test", ...TINY, "--quiet"));
  expect(code).toBe(0);
  expect(last).toMatchObject({ status: "completed" });
});

test.each([
  [["train", "a.txt", "b.txt"], "a server reads one file: `trainer corpus add` makes one of what you have"],
  [["train", FOLDER], "a server reads one file: `trainer corpus add`"],
  [["train", "a.txt.gz"], "a server reads a file of plain text, JSON lines or a table: `trainer corpus add`"],
  [["train", "a.json"], "a server reads a file of plain text, JSON lines or a table"],
  [["train", "a.xml"], "whose marks would be learned as text"],
  [["train", "a.txt", "--run-id", "a"], "--run-id: a server does not take it: leave it out, or --server"],
  [["train", "a.txt", "--upload", "--threads", "4"], "--threads, --upload: a server does not take them: leave them"],
  [["train", "a.txt", "--hidden-dim", "3"], "gpt2 has no --hidden-dim"],
  [["train", "a.txt", "--n-embd", "100", "--n-head", "3"], "--n-embd 100 is not a multiple of --n-head 3"],
  [["train", "a.txt", "--batch-size", "auto"], "--batch-size must be an integer"],
  [["train", "a.txt", "--lora-rank", "4"], "--lora-rank: an adapter changes a trained model; name one by --pretrained"],
  [["doctor"], "works on this machine alone"],
  [["eval", "r", "--split", "test", "--path", "x"], "exclude each other"],
  [["score", "r"], "what should be scored?"],
  [["generate", "r", "--prompt", "x", "--weights", "int8"], "--weights: a server does not take it"],
  [["generate", "r", "--prompt", "x", "--prompt", "y"], "a server takes one prompt at a time"],
  [["generate", "r", "--prompts-file", "x"], "--prompts-path: a server does not take it"],
])("wrong use, %j, is said before anything is sent", async (line, message) => {
  const { code, stderr } = await trainer(on(...line));
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test("a server's address is an address, and its key is asked for", async () => {
  expect((await trainer(["runs", "--server", "nowhere"])).stderr).toContain("must be http://");
  const { stderr, code } = await trainer(on("runs"), { env: { TRAINER_API_KEY: "another" } });
  expect(stderr).toContain("Unauthorized");
  expect(code).toBe(1);
});

test("what fails on the server is told with its reason", async () => {
  const failed = await json(on("train", corpus, "--tokenizer", "tok-none", ...TINY));
  expect(failed.code).toBe(1);
  expect(failed.last).toMatchObject({ status: "failed", error: { code: "RUN_FAILED" } });
  const blank = join(system.root, "blank.txt");
  writeFileSync(blank, "\n\n");
  const { stderr } = await trainer(on("train", blank, ...TINY));
  expect(stderr).toMatch(/error: run \S+ failed: there is no text in .*expected at least one word/);
});

test("runs are listed and shown with their losses", async () => {
  const { stdout } = await trainer(on("runs"));
  expect(stdout).toMatch(/RUN +STATUS +ASKED +STEPS/);
  expect(stdout).toMatch(new RegExp(`${run} +completed +[\\d-]+ [\\d:]+ +\\d+/\\d+`));
  const shown = await trainer(on("runs", "show", run));
  expect(shown.stdout).toMatch(/status +completed/);
  expect((await json(on("runs", "show", run))).last).toMatchObject({ run_id: run, status: "completed" });
});

test("latest and the beginning of an id name a run of a server too", async () => {
  const beginning = run.slice(0, -1);
  expect((await json(on("runs", "show", beginning))).last).toMatchObject({ run_id: run });
  expect((await json(on("runs", "show", "latest"))).last).toMatchObject({ run_id: matching(/^char_lstm-/) });
  expect((await trainer(on("runs", "show", "char"))).stderr).toContain('several runs begin with "char": char_lstm');
  expect((await trainer(on("runs", "show", "nobody"))).stderr).toContain("run not found");
  expect((await trainer(on("score", "./a", "--text", "b"))).code).toBe(1);
});

test("a run's log is printed, followed to its end, and given as it is stored", async () => {
  const { stdout } = await trainer(on("logs", run, "--tail", "5"));
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO /m);
  const followed = await trainer(on("logs", run, "--follow"));
  expect(followed.stderr).toContain("The run has ended");
  expect((await json(on("logs", run, "--tail", "1"))).values).toMatchObject([{ run_id: run }]);
});

test("a log of this machine's run is printed too", async () => {
  const { stdout, code } = await trainer(["logs", run, "--tail", "3"]);
  expect(code).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(3);
});

test("a model on the server evaluates, scores, writes and talks", async () => {
  expect((await trainer(on("eval", run, "--split", "test"))).stdout).toMatch(/loss {11}\d/);
  expect((await trainer(on("score", run, "--path", corpus, "--detail", "per-char"))).stdout).toContain("TOKEN");
  expect((await json(on("score", run, "--text", "-"), { stdin: "a text" })).last).toMatchObject({
    status: "completed",
  });
  const two = ["generate", run, "--prompt", "a", "--max-new-tokens", "8", "--num-return-sequences", "2", "--seed", "3"];
  const { last } = await json(on(...two));
  const outputs = z.looseObject({ outputs: z.array(z.string()) }).parse(last).outputs;
  expect((await trainer(on(...two))).stdout).toBe(`${outputs.join("\n\n")}\n`);
  const chat = await json(on("chat", run, "--max-new-tokens", "4"), {
    stdin: "hello\n/reset\n\nagain\n/exit\nnever\n",
  });
  expect(chat.values).toMatchObject([{ status: "completed" }, { status: "completed" }]);
});

test("of a text of one token a server has no figure either, and one that tells less is understood", async () => {
  expect((await trainer(on("score", run, "--text", "a"))).stdout).toContain("nothing to score");
  const none = { loss: null, perplexity: null, surprisal: null, topk: null, tokens: null };
  const less = vi.spyOn(TrainerClient.prototype, "score");
  less.mockResolvedValueOnce({ request_id: "r", status: "completed", ...none });
  const { code, stdout, stderr } = await trainer(on("score", run, "--text", "a text"));
  less.mockRestore();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^loss +(Infinity|∞)/);
  expect(stderr).toBe("");
});

test("a command that a conversation on a server does not know is refused and not sent", async () => {
  const { values } = await json(on("chat", run), { stdin: "/help\n" });
  expect(values).toEqual([{ error: matching(/^there is no command \/help/) }]);
});

test("what cannot be done there says why", async () => {
  const { stderr, code } = await trainer(on("eval", run, "--path", "../outside.txt"));
  expect(stderr).toContain('path_override "../outside.txt" leads to no text in the corpus folder');
  expect(code).toBe(1);
  writeFileSync(join(system.root, "corpus", "empty.txt"), "");
  const failed = await trainer(on("eval", run, "--path", "empty.txt"));
  expect(failed.stderr).toContain("the server could not do it");
  expect(failed.code).toBe(1);
});

test("a run is stopped from here", async () => {
  const large = { corpus_path: "large.txt", num_epochs: 50 };
  await system.train("long", large);
  const { stdout } = await trainer(on("cancel", "long"));
  expect(stdout).toContain("long is asked to stop");
  expect((await system.ended("long")).message).toBe("Training cancelled");
  expect((await trainer(on("cancel", "none"))).stderr).toContain("run not found");
  expect((await trainer(["cancel", "long"])).stderr).toContain("--server URL");
  expect(await trainer(on("cancel", "long"))).toMatchObject({
    code: 0,
    stdout: "long has ended already (failed: Training cancelled).\n",
  });
  expect((await trainer(on("cancel", run))).stdout).toBe(`${run} has ended already (completed).\n`);
  expect((await json(on("cancel", run))).last).toMatchObject({ run_id: run, status: "completed" });
  expect((await trainer(["runs", "--server", "http://127.0.0.1:1"])).stderr).toContain("`trainer serve` starts one");
});

test("Ctrl-C stops the watching of a run and not the run, and says how to go on", async () => {
  const stop = new AbortController();
  const io = testIo({ env: { TRAINER_HOME: system.root }, interruptible: (body) => body(stop.signal) });
  const ended = command(on("train", corpus, "--tokenizer", "tok-test", ...TINY, "--num-epochs", "3000"), io);
  await vi.waitUntil(() => /^run {8}/m.test(io.stderr.text));
  stop.abort(new Stopped("SIGINT", EXIT.interrupted));
  expect(await ended).toBe(EXIT.interrupted);
  const id = /trainer logs (\S+) --follow/.exec(io.stderr.text)?.[1] ?? "";
  expect(io.stderr.text).toContain(`To stop it: trainer cancel ${id} --server ${api.url}`);
  expect((await system.runs.get(id))?.status).not.toBe("failed");
  await system.runs.requestCancel(id);
  await system.ended(id);
});

test("losses that were no numbers are left out of a run's curve", async () => {
  const { user_id: _, ...settings } = TrainRequest.parse({ corpus_path: "corpus.txt" });
  await system.runs.create("diverged", 0n, settings);
  const dir = join(system.root, "models", "diverged");
  mkdirSync(dir, { recursive: true });
  const row = (step: number, train_loss: number | null) =>
    JSON.stringify({
      step,
      epoch: 0,
      tokens: step,
      train_loss,
      train_ppl: null,
      lr: 1,
      grad_norm: null,
      ...RATES,
    });
  writeFileSync(join(dir, "metrics.jsonl"), [row(1, 2), row(2, 3), row(3, null), ""].join("\n"));
  const { stdout, code } = await trainer(on("runs", "show", "diverged"));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^3\.0000 ┤/m);
});

test("on a terminal a model on the server is talked with as one of this machine", async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const io = testIo({ tty: true, stdin, env: { TRAINER_HOME: system.root } });
  const ended = command(on("chat", run, "--max-new-tokens", "4"), io);
  await vi.waitUntil(() => io.stdout.text.includes("> "));
  stdin.write("who?\r");
  await vi.waitUntil(() => io.stdout.text.split("> ").length > 2);
  stdin.write("/exit\r");
  expect(await ended).toBe(0);
  expect(io.stderr.text).toContain(`${run}. /reset begins anew, /exit leaves.`);
});

test("where nobody has trained yet the list says how to begin", async () => {
  await system.redis.del("trainer:runs");
  expect((await trainer(on("runs"))).stdout).toContain(`No runs on ${api.url} yet`);
  expect(readFileSync(corpus, "utf8")).not.toBe("");
});
