import { spawn } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { scratch } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { openHome, openModel } from "@trainer/training";
import { expect, test } from "vitest";
import { z } from "zod";
import { servedHere, startOpenAi } from "../src/index.js";
import { HERE } from "./serve-tiny.js";

const SCRIPT = fileURLToPath(new URL("lm-eval.py", import.meta.url));
const ROOT = new URL("../../../", import.meta.url);
/** A LLaMA of random weights, as SmolLM2 is written, with its tokenizer. */
const MODEL = fileURLToPath(new URL("packages/training/test/fixtures/published/smollm2", ROOT));
const CORPUS = fileURLToPath(new URL("examples/corpus/tinyshakespeare.txt", ROOT));

const Scored = z.object({
  seconds: z.number(),
  tasks: z.record(z.string(), z.object({ scores: z.array(z.tuple([z.number(), z.boolean()])), acc: z.number() })),
});

test("lm-evaluation-harness finds through the server what it finds by transformers", async (context) => {
  const others = ["transformers==5.23.0", "torch==2.11.0", "accelerate", "tenacity", "aiohttp", "requests"];
  const python = await pythonProgram("lm_eval==0.4.13", "python", others);
  if ("missing" in python) return context.skip(python.missing);
  await using folder = await scratch();
  const dir = join(folder.path, "model");
  cpSync(MODEL, dir, { recursive: true });
  const config = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync(join(dir, "tokenizer_config.json"), "utf8")));
  writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify({ ...config, eos_token: "<|endoftext|>" }));
  using opened = await openModel(dir, { home: openHome("none"), device: "cpu" });
  await using server = await startOpenAi({ ...HERE, models: [servedHere("scored", 0, opened)] }, { write() {} });

  const lines = readFileSync(CORPUS, "utf8").split("\n");
  const long = lines.filter((line) => line.split(" ").length > 7).slice(0, 60);
  const env = { ...process.env, HF_HUB_OFFLINE: "1", HF_DATASETS_OFFLINE: "1", HF_HOME: folder.path };
  const harness = spawn(python.path, [SCRIPT, dir, server.url, folder.path], { env, stdio: ["pipe", "pipe", "pipe"] });
  harness.stdin.end(long.join("\n"));
  const [out, log] = await Promise.all([text(harness.stdout), text(harness.stderr)]);
  expect(out === "" ? log : "").toBe("");
  const { hf, server: ours } = z
    .object({ hf: Scored, server: Scored })
    .parse(JSON.parse(out.slice(out.lastIndexOf("\n{") + 1)));

  expect(Object.keys(hf.tasks)).toEqual(["last_word", "pairs", "endings"]);
  for (const [task, { scores, acc }] of Object.entries(hf.tasks)) {
    const found = ours.tasks[task];
    expect(found?.acc).toBe(acc);
    expect(found?.scores.map(([, greedy]) => greedy)).toEqual(scores.map(([, greedy]) => greedy));
    const apart = scores.map(([score], i) => Math.abs(score - (found?.scores[i]?.[0] ?? Number.NaN)));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  }
  console.log(`lm_eval: ${hf.seconds.toFixed(1)} s by transformers, ${ours.seconds.toFixed(1)} s through the server`);
}, 600_000);
