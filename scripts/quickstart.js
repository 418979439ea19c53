// npm run quickstart: from a fresh clone to a GPT-2 that writes plays, in about three minutes after set-up.
//   npm run quickstart -- [--chat] [--max-steps N] [--home DIR]
// With --chat it goes on to a model that answers: tuned on the bundled instructions, in about a minute more.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap } from "./bootstrap.js";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { run, say } from "./say.js";
import { read } from "./stamp.js";

const RUN = "quickstart";
const CORPUS = "examples/corpus/tinyshakespeare.txt";

/** Chosen by measuring loss against time on two cores: docs/benchmarks.md. */
const MODEL = {
  "vocab-size": "1024",
  "n-layer": "4",
  "n-embd": "192",
  "n-head": "6",
  dropout: "0",
  "max-seq-len": "128",
  "batch-size": "16",
  "max-steps": "900",
  "learning-rate": "2e-3",
  "lr-schedule": "cosine",
  "warmup-steps": "50",
  "min-lr": "2e-4",
  "weight-decay": "0.1",
  "holdout-fraction": "0.05",
  "test-split-ratio": "0.05",
  "eval-every": "100",
  seed: "1337",
};

const CHAT_RUN = `${RUN}-chat`;
const INSTRUCTIONS = "examples/corpus/instructions.jsonl";

/** What is tuned on: the model above, with what it learnt. */
const TUNED = {
  format: "messages",
  pretrained: RUN,
  "batch-size": "16",
  "max-steps": "400",
  "learning-rate": "1e-3",
  "finetune-lr-cap": "1e-3",
  "lr-schedule": "cosine",
  "min-lr": "1e-4",
  "warmup-steps": "20",
  dropout: "0.1",
  "weight-decay": "0.1",
  "holdout-fraction": "0.05",
  "test-split-ratio": "0.05",
  "eval-every": "100",
  seed: "1337",
};

const QUESTIONS = ["What is meant by checkpoint?", "What is --weight-decay?", "What would ROMEO say?"];

const PROMPTS = ["ROMEO:", "First Citizen:\nWhat news", "QUEEN MARGARET:\nO"];

const { values } = parseArgs({
  options: {
    chat: { type: "boolean", default: false },
    "max-steps": { type: "string" },
    home: { type: "string", default: "runs" },
  },
});
const home = resolve(values.home);
const homeFlag = home === at("runs") ? [] : ["--home", home];

/**
 * @param {string[]} args
 * @param {string} [input]
 */
const trainer = (args, input) =>
  exec(process.execPath, [at("apps/cli/bin/trainer.js"), ...args, ...homeFlag], { show: true, input });

/** @typedef {Readonly<Record<string, string>>} Flags */

/**
 * Trains a run to its end, unless it is there.
 * @param {string} run
 * @param {string} corpus
 * @param {Flags} flags
 * @param {string} what
 */
async function trained(run, corpus, flags, what) {
  if (isCompleted(run)) {
    say(`\nThe model ${run} is trained already. To train it anew: npx trainer runs rm ${run}`);
    return 0;
  }
  say(`\n${what} on ${corpus}. Ctrl-C stops and saves; the same command goes on.\n`);
  const options = { ...flags, ...(values["max-steps"] ? { "max-steps": values["max-steps"] } : {}) };
  const line = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const { code } = await trainer(["train", corpus, ...line, "--run-id", run, "--resume"]);
  return code;
}

/** The model writes on from a few beginnings. */
async function samples() {
  for (const [i, prompt] of PROMPTS.entries()) {
    say(`\n── sample ${i + 1} of ${PROMPTS.length} ${"─".repeat(48)}\n`);
    process.stdout.write(prompt);
    const drawn = ["--max-new-tokens", "120", "--temperature", "0.8", "--seed", String(i + 1)];
    const { code } = await trainer(["generate", RUN, "--prompt", prompt, ...drawn]);
    if (code !== 0) return code;
  }
  return 0;
}

/** The tuned model answers a few questions, each of a conversation of its own. */
async function answers() {
  for (const question of QUESTIONS) {
    say(`\n── ${question} ${"─".repeat(Math.max(3, 60 - question.length))}\n`);
    const { code } = await trainer(["chat", CHAT_RUN, "--temperature", "0.3", "--seed", "1"], `${question}\n`);
    if (code !== 0) return code;
  }
  return 0;
}

await run(async () => {
  await bootstrap();
  const steps = [
    () => trained(RUN, CORPUS, MODEL, "Training a tokenizer and a small GPT-2"),
    samples,
    ...(values.chat
      ? [() => trained(CHAT_RUN, INSTRUCTIONS, TUNED, "Teaching the model to answer: it is tuned"), answers]
      : []),
  ];
  for (const step of steps) {
    const code = await step();
    if (code !== 0) return code;
  }
  say(whatNext());
  return 0;
});

/** @param {string} run */
function isCompleted(run) {
  return JSON.parse(read(join(home, "models", run, "manifest.json")) ?? "{}").status === "completed";
}

function whatNext() {
  const flag = homeFlag.map((word) => ` ${word}`).join("");
  return `
${"─".repeat(64)}
The model is in ${join(homeFlag.length > 0 ? home : "runs", "models", RUN)}: config.json, model.safetensors and tokenizer.json, as transformers opens them.

Try next:
  npx trainer generate ${RUN}${flag} --prompt "JULIET:" --max-new-tokens 300
  npx trainer score ${RUN}${flag} --text "To be, or not to be: that is the question." --detail per-char
  npx trainer train your-text.txt${flag}
  ${values.chat ? `npx trainer chat ${CHAT_RUN}${flag}` : `npm run quickstart -- --chat${flag}`}
  npx trainer --help`;
}
