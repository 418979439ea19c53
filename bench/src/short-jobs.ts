import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { SHAKESPEARE } from "./bundled.js";
import { median, type Benchmark, type Side } from "./report.js";
import { addressesOf, trainer } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const TRAININGS = 30;
const CLIENTS = 8;
const REQUESTS = 160;
const CORPUS_BYTES = 12_000;
const TRAINING = {
  model_family: "char_lstm",
  model_size: "tiny",
  max_seq_len: 32,
  batch_size: 8,
  num_epochs: 1,
  seed: 1,
} as const;
const TEXT = { prompt_text: "O ", max_new_tokens: 32, stop_on_eos: false } as const;
/** Longer than a worker takes to be ready for the next job. */
const IDLE_MS = 3000;

/** Overhead of the service for short work: trainings of a second, and texts of 32 tokens by a loaded model. */
export const shortJobs: Benchmark = async ({ rounds, threads, log }) => {
  const found: Awaited<ReturnType<typeof measured>>[] = [];
  for (let round = 0; round < rounds; round++) {
    const each = await measured(threads);
    found.push(each);
    log(JSON.stringify(each));
  }
  const side = (name: string, of: keyof (typeof found)[number]): Side => ({
    name,
    rounds: found.map((each) => each[of]),
  });
  return {
    benchmark: "short-jobs",
    unit: "ms",
    better: "lower",
    works: [
      {
        name: "a training of 39 steps by POST /runs/train",
        sides: [side("one, when the worker was idle", "alone"), side(`${TRAININGS} queued at once, each`, "queued")],
      },
      {
        name: "32 tokens by POST /runs/{id}/generate",
        sides: [
          side("one client, one after another", "one"),
          side(`${CLIENTS} clients at once, each text`, "eight"),
          side(`${CLIENTS} clients at once, texts in all`, "rate"),
        ],
      },
    ],
  };
};

async function measured(threads: number) {
  using folder = temporaryFolder();
  const corpus = join(folder.path, "corpus.txt");
  writeFileSync(corpus, readFileSync(SHAKESPEARE).subarray(0, CORPUS_BYTES));
  const home = join(folder.path, "home");
  const env = { APP__THREADS: String(threads), APP__CLEANUP__ENABLED: "false", REQUESTS_PER_MINUTE: "0" };
  await using _system = trainer(["serve", "--home", home, "--port", "0", "--data-bank-port", "0"], env);
  const { api, "data-bank": bank, keys } = await addressesOf(home);
  const client = new TrainerClient({ url: api.url, apiKey: keys.api_key });
  const files = new DataBankClient({ url: bank.url, apiKey: keys.data_bank_key });
  const { file_id: corpus_file_id } = await files.upload(corpus, "text/plain");
  const { tokenizer_id } = await client.trainTokenizer({ method: "char", corpus_file_id });
  await client.waitForTokenizer(tokenizer_id);

  const train = async () => (await client.train({ ...TRAINING, corpus_file_id, tokenizer_id })).run_id;
  const trained = async (count: number) => {
    await sleep(IDLE_MS);
    const began = performance.now();
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push(await train());
    for (const id of ids) {
      const { status, message } = await client.waitForRun(id, { everyMs: 20 });
      if (status !== "completed") throw new Error(`the run failed: ${message}`);
    }
    return { id: ids.join().split(",", 1).join(), ms: (performance.now() - began) / count };
  };
  const { ms: alone } = await trained(1);
  const { id, ms: queued } = await trained(TRAININGS);

  const generated = async (clients: number) => {
    const times: number[] = [];
    const began = performance.now();
    const generate = async (_: unknown, from: number) => {
      for (let i = from; i < REQUESTS; i += clients) {
        const start = performance.now();
        await client.generate(id, { ...TEXT, seed: i }, { onText: () => {} });
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: clients }, generate));
    return { each: median(times), rate: (performance.now() - began) / REQUESTS };
  };
  await generated(CLIENTS); // the first question starts a process and reads the weights
  const { each: one } = await generated(1);
  const { each: eight, rate } = await generated(CLIENTS);
  return { alone, queued, one, eight, rate };
}
