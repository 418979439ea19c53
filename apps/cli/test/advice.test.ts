import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { Stopped } from "../src/process/interrupts.js";
import { commandLine } from "./command-line.js";
import { corpusText, TINY } from "./corpus.js";

const SHORT = [...TINY, "--max-steps", "3", "--no-evaluate"];
const at = { folder: "", home: "", text: "" };
const file = (name: string) => join(at.folder, name);
const runFile = (id: string, name: string) => join(at.home, "models", id, name);
/** The home is named, as it is not where a proposed command would look by itself. */
const { trainer } = commandLine(() => "/no/such/home");
const here = (line: readonly string[]) => trainer([...line, "--home", at.home]);
const train = (id: string, ...more: string[]) => ["train", at.text, ...SHORT, "--run-id", id, ...more];

beforeAll(async () => {
  at.folder = scratchPath("advice");
  Object.assign(at, { home: file("home"), text: file("corpus.txt") });
  writeFileSync(at.text, corpusText);
  await here(train("done"));
});
beforeEach(() => writeFileSync(at.text, corpusText));

interface Advice {
  /** Sets up the fault, if the command line alone is not it. */
  readonly before?: () => unknown;
  readonly line: () => readonly string[];
  /** Exit code. */
  readonly code?: number;
  readonly says: RegExp;
  /** Mends what is to be mended by hand. */
  readonly mend?: () => unknown;
  /** Follows the advice: a command in the output, without its first word, or one made by it. */
  readonly next: (said: string) => readonly string[];
}

/** The command that was proposed, with a text and options of a small model in the place of a word for a text. */
function proposed(said: string, pattern: RegExp): string[] {
  const command = pattern.exec(said)?.[0] ?? "";
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  return words.slice(1).flatMap((word) => (/^(TEXT|CORPUS|FILE|my-text\.txt)$/.test(word) ? [at.text] : [word]));
}
const resume = (said: string) => proposed(said, /trainer resume [^;\n`]+/);
const again = (said: string) => [...proposed(said, /trainer train TEXT [^;\n`]+/), ...SHORT];

/** A run that was stopped after its first step. */
async function stopped(id: string): Promise<void> {
  const { testIo } = await import("./screen.js");
  const { run } = await import("../src/program.js");
  const controller = new AbortController();
  const io = testIo({ interruptible: (body) => body(controller.signal) });
  const watch = setInterval(
    () => io.stderr.text.includes("step 1/") && controller.abort(new Stopped("SIGINT", 130)),
    1,
  );
  const line = train(id, "--max-steps", "2000", "--log-every", "1", "--home", at.home);
  expect(await run(line, io)).toBe(130);
  clearInterval(watch);
  const manifest = readFileSync(runFile(id, "manifest.json"), "utf8");
  writeFileSync(runFile(id, "manifest.json"), manifest.replace(/"max_steps": 2000/, '"max_steps": 5'));
}

const ADVICE: Readonly<Record<string, Advice>> = {
  "a home without runs": {
    line: () => ["runs", "--home", file("empty")],
    code: 0,
    says: /To make one: trainer train my-text\.txt --home/,
    next: (said) => [...proposed(said, /trainer train .*/), ...SHORT],
  },
  "a run that is not in a home without any": {
    line: () => ["generate", "none", "--prompt", "a", "--home", file("void")],
    says: /`trainer train CORPUS --home .*` makes one/,
    next: (said) => [...proposed(said, /trainer train [^`]*/), ...SHORT],
  },
  "a tokenizer that is not in a home without any": {
    line: () => ["tokenizer", "show", "none", "--home", file("bare")],
    says: /`trainer tokenizer train FILE --home .*` makes one/,
    next: (said) => [...proposed(said, /trainer tokenizer train [^`]*/), "--vocab-size", "300"],
  },
  "a run whose name is a little wrong": {
    line: () => ["generate", "dome", "--prompt", "a", "--home", at.home],
    says: /did you mean done\?/,
    next: (said) => ["generate", /mean (\w+)/.exec(said)?.[1] ?? "", "--prompt", "a", "--home", at.home],
  },
  "a single word": {
    before: () => writeFileSync(at.text, "word"),
    line: () => [...train("word"), "--home", at.home],
    says: /give more text/,
    mend: () => writeFileSync(at.text, corpusText),
    next: () => [...train("word"), "--home", at.home],
  },
  "a line that is no JSON": {
    before: () => writeFileSync(file("bad.jsonl"), '{"text": bad\n'),
    line: () => ["train", file("bad.jsonl"), ...SHORT, "--run-id", "json", "--home", at.home],
    says: /each line is an object with its text: \{"text": "…"\}/,
    mend: () =>
      writeFileSync(
        file("bad.jsonl"),
        corpusText
          .split("\n")
          .map((text) => JSON.stringify({ text }))
          .join("\n"),
      ),
    next: () => ["train", file("bad.jsonl"), ...SHORT, "--run-id", "json", "--home", at.home],
  },
  "a text that turns out bad while it is read, mended": {
    before: () => writeFileSync(file("late.jsonl"), `{"text":"a","x":"${"-".repeat(1 << 20)}"}\n{"text": bad\n`),
    line: () => ["train", file("late.jsonl"), ...SHORT, "--run-id", "late", "--home", at.home],
    says: /Nothing of it was saved\. Once the cause is mended: trainer resume late --home/,
    mend: () =>
      writeFileSync(
        file("late.jsonl"),
        corpusText
          .split("\n")
          .map((text) => JSON.stringify({ text }))
          .join("\n"),
      ),
    next: resume,
  },
  "the same, on another text": {
    before: () => writeFileSync(file("late.jsonl"), `{"text":"a","x":"${"-".repeat(1 << 20)}"}\n{"text": bad\n`),
    line: () => ["train", file("late.jsonl"), ...SHORT, "--run-id", "other", "--home", at.home],
    says: /with other options: trainer train TEXT --run-id other --home/,
    next: again,
  },
  "a loss that became NaN before anything was saved": {
    line: () => [
      ...train("nan", "--learning-rate", "1e30", "--optimizer", "sgd", "--gradient-clipping", "0"),
      "--home",
      at.home,
    ],
    says: /a lower learning rate.*\n.*Nothing of it was saved; with other options: trainer train TEXT --run-id nan/,
    next: again,
  },
  "a loss that became NaN after a checkpoint": {
    async before() {
      await stopped("diverged");
      const manifest = readFileSync(runFile("diverged", "manifest.json"), "utf8");
      writeFileSync(
        runFile("diverged", "manifest.json"),
        manifest
          .replaceAll(/"learning_rate": [^,]*/g, '"learning_rate": 1e38')
          .replace(/"max_steps": 5/, '"max_steps": 5000'),
      );
    },
    line: () => ["resume", "diverged", "--home", at.home],
    says: /the last good checkpoint is .*\n.*from its best weights: trainer train TEXT --pretrained diverged/,
    next: again,
  },
  "a run that was stopped": {
    before: () => stopped("cut"),
    line: () => ["train", at.text, ...SHORT, "--run-id", "cut", "--home", at.home],
    says: /there is a run cut already .*: resume it, or choose another run id/,
    next: () => ["resume", "cut", "--home", at.home],
  },
  "a corpus that changed under a run": {
    before: async () => {
      await stopped("changed");
      writeFileSync(at.text, `${corpusText}more\n`);
    },
    line: () => ["resume", "changed", "--home", at.home],
    says: /put the old text back to resume it.*\n.*trainer resume changed/,
    mend: () => writeFileSync(at.text, corpusText),
    next: resume,
  },
  "a completed run that is resumed": {
    line: () => ["resume", "done", "--home", at.home],
    code: 0,
    says: /done is completed already\. To train it further: trainer resume done --for 10m/,
    next: (said) => proposed(said, /trainer resume .*/).map((word) => (word === "10m" ? "1s" : word)),
  },
  "what to do after a training: write": {
    line: () => ["resume", "done", "--home", at.home],
    code: 0,
    says: /Next:/,
    next: (said) => proposed(said, /trainer generate .*/),
  },
  "what to do after a training: score": {
    line: () => ["resume", "done", "--home", at.home],
    code: 0,
    says: /Next:/,
    next: (said) => proposed(said, /trainer score .*/),
  },
  "what to do after a training: export": {
    line: () => ["resume", "done", "--home", at.home],
    code: 0,
    says: /Next:/,
    next: (said) => proposed(said, /trainer export .*/).map((word) => (word === "my-model" ? file("my-model") : word)),
  },
  "a run without weights to start from": {
    before: () => {
      writeFileSync(file("broken.jsonl"), `{"text":"a","x":"${"-".repeat(1 << 20)}"}\n{"text": bad\n`);
      return here(["train", file("broken.jsonl"), ...SHORT, "--run-id", "unborn"]);
    },
    line: () => ["train", at.text, "--pretrained", "unborn", "--home", at.home],
    says: /unborn/,
    mend: () =>
      writeFileSync(
        file("broken.jsonl"),
        corpusText
          .split("\n")
          .map((text) => JSON.stringify({ text }))
          .join("\n"),
      ),
    next: () => ["resume", "unborn", "--home", at.home],
  },
  "a folder that is not empty": {
    before: () => cpSync(file("corpus.txt"), join(file("full"), "corpus.txt"), { recursive: true }),
    line: () => ["export", "done", "--out", file("full"), "--home", at.home],
    says: /name a new folder, or (use force|replace)/,
    next: () => ["export", "done", "--out", file("full"), "--force", "--home", at.home],
  },
  "a manifest that is empty": {
    before: () => {
      cpSync(join(at.home, "models", "done"), join(at.home, "models", "empty"), { recursive: true });
      renameSync(runFile("empty", "manifest.json"), file("manifest.json"));
      writeFileSync(runFile("empty", "manifest.json"), "{}");
    },
    line: () => ["resume", "empty", "--home", at.home],
    says: /empty\/manifest\.json is not a run's manifest: .* put the old file back, or remove the run/,
    mend: () => renameSync(file("manifest.json"), runFile("empty", "manifest.json")),
    next: () => ["runs", "show", "empty", "--home", at.home],
  },
  "the same, removed": {
    before: () => {
      mkdirSync(join(at.home, "models", "lost"), { recursive: true });
      writeFileSync(runFile("lost", "manifest.json"), "{}");
    },
    line: () => ["resume", "lost", "--home", at.home],
    says: /put the old file back, or remove the run/,
    next: () => ["runs", "rm", "lost", "--home", at.home],
  },
  "a tokenizer that changed under a run": {
    before: async () => {
      await stopped("retokenized");
      renameSync(runFile("retokenized", "tokenizer.json"), file("tokenizer.json"));
      writeFileSync(runFile("retokenized", "tokenizer.json"), "{}");
    },
    line: () => ["resume", "retokenized", "--home", at.home],
    says: /has changed since the run began: put the old one back/,
    mend: () => renameSync(file("tokenizer.json"), runFile("retokenized", "tokenizer.json")),
    next: resume,
  },
  "a home that is a file": {
    line: () => ["runs", "--home", at.text],
    code: 2,
    says: /--home .*corpus\.txt is a file, or lies below one: name a folder/,
    next: () => ["runs", "--home", file("not-yet")],
  },
  "a home below a file": {
    line: () => ["doctor", "--home", join(at.text, "home")],
    code: 2,
    says: /is a file, or lies below one: name a folder/,
    next: () => ["runs", "--home", file("not-yet")],
  },
  "splits that are all of the text": {
    line: () => [...train("all", "--holdout-fraction", "0.5", "--test-split-ratio", "0.5"), "--home", at.home],
    code: 2,
    says: /nothing is left to train on/,
    next: () => [...train("all"), "--home", at.home],
  },
  "a resume without a name": {
    line: () => ["train", at.text, ...SHORT, "--resume", "--home", at.home],
    code: 2,
    says: /--resume needs --run-id/,
    next: () => [...train("named", "--resume"), "--home", at.home],
  },
  "a run that is of no use for an adapter's rank": {
    line: () => [...train("ranked", "--lora-rank", "2"), "--home", at.home],
    code: 2,
    says: /an adapter changes a trained model; name one by/,
    next: () => [...train("ranked", "--lora-rank", "2", "--pretrained", "done"), "--home", at.home],
  },
  "sequences longer than a model reads": {
    line: () => [
      "train",
      at.text,
      "--pretrained",
      "done",
      "--max-seq-len",
      "4096",
      "--run-id",
      "long",
      "--home",
      at.home,
    ],
    says: /ask for as many or fewer, or for none, which takes the model's/,
    next: () => ["train", at.text, "--pretrained", "done", "--max-steps", "2", "--run-id", "long", "--home", at.home],
  },
  "a precision that a CPU has not": {
    line: () => [...train("half", "--device", "cpu", "--precision", "fp16"), "--home", at.home],
    says: /use fp32 or auto/,
    next: () => [...train("half", "--device", "cpu", "--precision", "fp32"), "--home", at.home],
  },
  "one run alone to compare": {
    line: () => ["compare", "done", "--home", at.home],
    code: 2,
    says: /give two runs or more/,
    next: () => ["compare", "done", "done", "--home", at.home],
  },
  "nothing to go on from": {
    line: () => ["generate", "done", "--home", at.home],
    code: 2,
    says: /Give --prompt TEXT or --prompt-path FILE/,
    next: () => ["generate", "done", "--prompt-path", at.text, "--max-new-tokens", "2", "--home", at.home],
  },
  "nothing to score": {
    line: () => ["score", "done", "--home", at.home],
    code: 2,
    says: /Give --text TEXT or --path FILE/,
    next: () => ["score", "done", "--path", at.text, "--home", at.home],
  },
  "a split that a run has not": {
    before: () => here([...train("unsplit", "--holdout-fraction", "0", "--test-split-ratio", "0")]),
    line: () => ["eval", "unsplit", "--home", at.home],
    says: /give the path of a text/,
    next: () => ["eval", "unsplit", "--path", at.text, "--no-samples", "--home", at.home],
  },
  "a corpus that is gone when its run is measured": {
    before: () => renameSync(at.text, file("away.txt")),
    line: () => ["eval", "done", "--no-samples", "--home", at.home],
    says: /put the corpus back, or give the path of another text/,
    mend: () => renameSync(file("away.txt"), at.text),
    next: () => ["eval", "done", "--no-samples", "--home", at.home],
  },
  "a cancel that does not say where": {
    line: () => ["cancel", "done", "--home", at.home],
    code: 2,
    says: /Say so with --server URL/,
    next: () => ["cancel", "--help"],
  },
  "a lock of a process that is certainly gone": {
    before: async () => {
      await stopped("locked");
      const { pid } = spawnSync(process.execPath, ["--eval", ""]);
      writeFileSync(runFile("locked", "lock.json"), JSON.stringify({ pid, started: "1", host: "elsewhere", turn: 0 }));
    },
    line: () => ["resume", "locked", "--home", at.home],
    says: /if it is certainly gone, delete .*lock\.json/,
    mend: () => rmSync(runFile("locked", "lock.json")),
    next: () => ["resume", "locked", "--home", at.home],
  },
};

test.each(Object.entries(ADVICE))("after %s what is said to be done works", async (_, advice) => {
  await advice.before?.();
  const first = await trainer(advice.line());
  const said = first.stderr + first.stdout;
  expect(said).toMatch(advice.says);
  expect(first.code).toBe(advice.code ?? 1);
  await advice.mend?.();
  const after = await trainer(advice.next(said));
  expect(after).toMatchObject({ code: 0 });
});
