// What a person does with a stack, and what happens to one: trains, kills, upgrades, loses power. Nothing may be lost.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at } from "../paths.js";
import { say } from "../say.js";
import { PARTS, until } from "./stack.js";

/** @typedef {import("./stack.js").Stack} Stack */
/** @typedef {{ runId: string, loss: number | null }} Trained */

const CORPUS_BYTES = 200_000;
/** Long enough to be killed in the middle, also on a machine with nothing else to do. */
const TRAINING = {
  model_family: "gpt2",
  model_config: { n_layer: 2, n_embd: 64, n_head: 2 },
  max_seq_len: 64,
  batch_size: 16,
  num_epochs: 3,
  seed: 7,
};

/**
 * The pages, by the address that signs in.
 * @param {Stack} stack
 */
export async function openPages(stack) {
  const signIn = await fetch(stack.pagesUrl, {
    redirect: "manual",
    headers: { "sec-fetch-dest": "document", accept: "text/html" },
  });
  const cookie = signIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await fetch(`${stack.url}/app/`, { headers: { cookie } });
  const html = await page.text();
  const script = /<script[^>]+src="([^"]+)"/.exec(html)?.[1] ?? "";
  const asset = await fetch(new URL(script, `${stack.url}/app/`), { headers: { cookie } });
  const api = await fetch(`${stack.url}/system`, { headers: { cookie } });
  const statuses = [signIn.status, page.status, asset.status, api.status].join(" ");
  if (!/^30\d 200 200 200$/.test(statuses)) throw new Error(`the pages answer ${statuses}`);
}

/**
 * The corpus sent, and a tokenizer of it.
 * @param {Stack} stack
 * @param {string} folder
 * @returns {Promise<{ corpus_file_id: string, tokenizer_id: string }>}
 */
export async function prepare(stack, folder) {
  const path = join(folder, "corpus.txt");
  writeFileSync(path, readFileSync(at("examples/corpus/tinyshakespeare.txt")).subarray(0, CORPUS_BYTES));
  const { file_id } = await stack.files.upload(path, "text/plain");
  const { tokenizer_id } = await stack.client.trainTokenizer({
    method: "bpe",
    vocab_size: 512,
    corpus_file_id: file_id,
  });
  const { status } = await stack.client.waitForTokenizer(tokenizer_id);
  if (status !== "completed") throw new Error(`the tokenizer is ${status}`);
  return { corpus_file_id: file_id, tokenizer_id };
}

/**
 * @param {Stack} stack
 * @param {object} text
 */
export async function begin(stack, text) {
  const { run_id } = await stack.client.train({ ...TRAINING, ...text });
  return run_id;
}

/**
 * @param {Stack} stack
 * @param {string} runId
 */
export const underWay = (stack, runId) =>
  until(`${runId} trains`, async () => ((await stack.client.run(runId)).training?.step ?? 0) > 0, 180);

/**
 * @param {Stack} stack
 * @param {string} runId
 * @returns {Promise<Trained>}
 */
export async function end(stack, runId) {
  const run = await stack.client.waitForRun(runId, { everyMs: 1000 });
  if (run.status !== "completed") throw new Error(`${runId} is ${run.status}: ${run.message}`);
  if (run.artifact_file_id === null) throw new Error(`${runId} has no archive`);
  return { runId, loss: run.training?.best_val_loss ?? null };
}

/**
 * @param {Stack} stack
 * @param {string} runId a completed one
 */
export async function evaluated(stack, runId) {
  const { evaluations } = await stack.client.evaluations(runId);
  if (evaluations.length === 0) throw new Error(`${runId} was not evaluated at its end`);
}

/**
 * Asks every run that there should be, and looks that no other is there.
 * @param {Stack} stack
 * @param {readonly string[]} runs
 */
export async function allThere(stack, runs) {
  const { runs: listed } = await stack.client.catalogue({ limit: 100 });
  const ids = listed.map(({ run_id }) => run_id).sort();
  if (ids.join() !== [...runs].sort().join()) throw new Error(`listed are ${ids}, and there should be ${runs}`);
  for (const runId of runs) {
    const { status, outputs } = await stack.client.generate(runId, {
      prompt_text: "ROMEO:",
      max_new_tokens: 8,
      seed: 1,
    });
    if (status !== "completed" || outputs?.length !== 1) throw new Error(`${runId} writes nothing: ${status}`);
  }
}

/**
 * Kills each part while a training runs, which has to end as the undisturbed one did.
 * @param {Stack} stack
 * @param {object} text
 * @param {Trained} undisturbed
 * @returns {Promise<{ rows: string[][], runs: string[] }>}
 */
export async function killEach(stack, text, undisturbed) {
  const rows = [];
  const runs = [];
  for (const part of PARTS) {
    const runId = await begin(stack, text);
    runs.push(runId);
    await underWay(stack, runId);
    const killed = performance.now();
    await stack.kill(part);
    const how = await comesBack(stack, part);
    const seconds = (performance.now() - killed) / 1000;
    const { loss } = await end(stack, runId);
    same(undisturbed, { runId, loss });
    await evaluated(stack, runId);
    rows.push([
      `${part} killed in a training`,
      `up again ${how} in ${seconds.toFixed(1)} s; the run ended with the same loss`,
    ]);
    say(`✓ ${rows.at(-1)?.join(": ")}`);
  }
  return { rows, runs };
}

/**
 * @param {Stack} stack
 * @param {import("./stack.js").Part} part
 */
async function comesBack(stack, part) {
  try {
    await until(`${part} is well again`, () => stack.isHealthy(part), 40);
    return "by itself";
  } catch {
    await stack.up();
    await until(`${part} is well again`, () => stack.isHealthy(part), 60);
    return "by `up`";
  }
}

/**
 * @param {Trained} undisturbed
 * @param {Trained} other
 */
export function same(undisturbed, other) {
  if (undisturbed.loss === other.loss) return;
  throw new Error(`${other.runId} ended with a loss of ${other.loss}, ${undisturbed.runId} with ${undisturbed.loss}`);
}
