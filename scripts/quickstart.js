// npm run quickstart: from a fresh clone to a GPT-2 that writes plays, in about three minutes after set-up.
//   npm run quickstart -- [--max-steps N] [--home DIR]
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

const PROMPTS = ["ROMEO:", "First Citizen:\nWhat news", "QUEEN MARGARET:\nO"];

const { values } = parseArgs({
  options: { "max-steps": { type: "string" }, home: { type: "string", default: "runs" } },
});
const home = resolve(values.home);
const homeFlag = home === at("runs") ? [] : ["--home", home];

/** @param {string[]} args */
const trainer = (args) => exec(process.execPath, [at("apps/cli/bin/trainer.js"), ...args, ...homeFlag], { show: true });

await run(async () => {
  await bootstrap();
  if (!isCompleted()) {
    const flags = { ...MODEL, ...(values["max-steps"] ? { "max-steps": values["max-steps"] } : {}) };
    say(`\nTraining a tokenizer and a small GPT-2 on ${CORPUS}. Ctrl-C stops and saves; the same command goes on.\n`);
    const options = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const { code } = await trainer(["train", CORPUS, ...options, "--run-id", RUN, "--resume"]);
    if (code !== 0) return code;
  } else {
    say(
      `\nThe quickstart's model is trained already; here is what it writes. To train it anew: npx trainer runs rm ${RUN}`,
    );
  }
  for (const [i, prompt] of PROMPTS.entries()) {
    say(`\n── sample ${i + 1} of ${PROMPTS.length} ${"─".repeat(48)}\n`);
    process.stdout.write(prompt);
    const drawn = ["--max-new-tokens", "120", "--temperature", "0.8", "--seed", String(i + 1)];
    const { code } = await trainer(["generate", RUN, "--prompt", prompt, ...drawn]);
    if (code !== 0) return code;
  }
  say(whatNext());
  return 0;
});

function isCompleted() {
  return JSON.parse(read(join(home, "models", RUN, "manifest.json")) ?? "{}").status === "completed";
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
  npx trainer --help`;
}
