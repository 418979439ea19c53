import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import { peer } from "./child.js";
import type { Benchmark } from "./report.js";
import { temporaryFolder } from "./token-file.js";

const TRAINER = fileURLToPath(new URL("../../apps/cli/dist/main.js", import.meta.url));
const BATCH = { batchSize: 4, seqLen: 256 };

const PeerStart = z.object({ milliseconds: z.number(), loss: z.number() });
const FirstStep = z.object({ step: z.literal(1), train_loss: z.number() });

/**
 * Time from a program's start to the loss of the first training step: `trainer train` with cached tokenizer and tokens,
 * beside a Python script that imports its libraries and encodes no more than it trains on.
 */
export const start: Benchmark = async ({ rounds, threads, python, log }) => {
  using home = temporaryFolder();
  const first = async (...more: string[]) => {
    const began = performance.now();
    const size = ["--batch-size", `${BATCH.batchSize}`, "--max-seq-len", `${BATCH.seqLen}`, "--threads", `${threads}`];
    const args = ["train", SHAKESPEARE, "--home", home.path, "--json", "--no-evaluate", ...size, ...more];
    const trainer = spawn(process.execPath, [TRAINER, ...args], { stdio: ["ignore", "pipe", "ignore"] });
    const exited = new Promise((resolve) => trainer.once("close", resolve));
    for await (const line of createInterface({ input: trainer.stdout })) {
      const milliseconds = performance.now() - began;
      const loss = FirstStep.parse(JSON.parse(line)).train_loss;
      trainer.kill("SIGKILL");
      await exited;
      return { milliseconds, loss };
    }
    throw new Error(`trainer ${args.join(" ")} ended before its first step`);
  };
  await first("--run-id", "before");
  const [tokenizer = ""] = readdirSync(join(home.path, "tokenizers"));
  const settings = {
    ...BATCH,
    threads,
    seed: 1,
    corpus: SHAKESPEARE,
    folder: join(home.path, "models", "before"), // with its config.json
    tokenizer: join(home.path, "tokenizers", tokenizer),
  };
  const our = new Array<z.infer<typeof PeerStart>>();
  const theirs = new Array<z.infer<typeof PeerStart>>();
  for (let round = 0; round < rounds; round += 1) {
    const mine = await first("--tokenizer", tokenizer);
    const peers = await peer(python, "start.py", { ...settings, startedMs: Date.now() }, PeerStart);
    our.push(mine);
    theirs.push(peers);
    log(
      `round ${round + 1} of ${rounds}: ours ${mine.milliseconds.toFixed(0)} ms, Python ${peers.milliseconds.toFixed(0)} ms`,
    );
  }
  const side = (name: string, found: readonly z.infer<typeof PeerStart>[]) => ({
    name,
    rounds: found.map(({ milliseconds }) => milliseconds),
    evidence: `loss ${found[0]?.loss.toFixed(3)}`,
  });
  const name = "GPT-2 4 x 256, V 4096, batch 4 x 256: to the end of the first step";
  return {
    benchmark: "start",
    unit: "ms",
    better: "lower",
    works: [{ name, sides: [side("trainer train", our), side("Python with transformers", theirs)] }],
  };
};
