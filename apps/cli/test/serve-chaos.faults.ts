import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { TrainerClient } from "@trainer/client";
import { randomOf, scratchPath, writeCorpus } from "@trainer/testing";
import { childrenOf } from "@trainer/testing/worker-process";
import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { addresses, build, serving } from "./serving.js";

/** A few; `npm run test:chaos` has 50. */
const RUNS = Number(process.env["CHAOS_RUNS"] ?? 2);
const SEED = Number(process.env["CHAOS_SEED"] ?? 1);

vi.setConfig({ testTimeout: 120_000 + RUNS * 60_000 });
beforeAll(build, 120_000);

const PARTS = ["data-bank", "training", "api", "worker", "redis"] as const;
const Keys = z.object({ api_key: z.string(), data_bank_key: z.string() });

test(`${RUNS} runs asked for over HTTP end as an undisturbed one, though every part of the system is killed in turn (seed ${SEED})`, async () => {
  const home = scratchPath("chaos");
  mkdirSync(join(home, "corpus"));
  writeCorpus(join(home, "corpus", "text.txt"), 300);
  const env = { TRAINER_HOME: home, APP__THREADS: "1" };
  const { ended, interrupt } = await serving(["--port", "0", "--data-bank-port", "0"], env, home);
  const keys = Keys.parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8")));
  const { api, "data-bank": bank } = addresses(home);
  const client = new TrainerClient({ url: String(api.url), apiKey: keys.api_key, retries: 1000, backoffMs: 20 });
  const corpus_path = "text.txt";
  const { tokenizer_id } = await client.trainTokenizer({ method: "char", corpus_path });
  await client.waitForTokenizer(tokenizer_id);
  const trained = async () => {
    const model = { model_family: "char_lstm", model_size: "tiny", max_seq_len: 32, batch_size: 8 } as const;
    const { run_id } = await client.train({ ...model, corpus_path, tokenizer_id, num_epochs: 6, seed: 7 });
    return await client.waitForRun(run_id);
  };
  const lossesOf = ({ training }: Awaited<ReturnType<typeof trained>>) => {
    const { step, total_steps, train_loss, best_val_loss, test_loss } = training ?? {};
    return { step, total_steps, train_loss, best_val_loss, test_loss };
  };
  const undisturbed = lossesOf(await trained());

  const random = randomOf(SEED);
  const over = new AbortController();
  const chaos = async () => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      await setTimeout(1000 + random() * 4000, undefined, { signal: over.signal }).catch(() => {});
      const { worker, ...others } = addresses(home);
      const name = PARTS[turn % PARTS.length] ?? "worker";
      const victims = name === "training" ? childrenOf(worker.pid) : [(name === "worker" ? worker : others[name]).pid];
      for (const pid of over.signal.aborted ? [] : victims) killed(Number(pid));
    }
  };
  const runs = Promise.all(Array.from({ length: RUNS }, trained)).finally(() => over.abort());
  const [records] = await Promise.all([runs, chaos()]);
  for (const record of records) {
    expect(record).toMatchObject({ status: "completed", message: "Training completed" });
    expect(lossesOf(record)).toEqual(undisturbed);
    const archive = `${bank.url}/files/${record.artifact_file_id}`;
    await vi.waitUntil(
      () =>
        fetch(archive, { method: "HEAD", headers: { "x-api-key": keys.data_bank_key } }).then(
          (a) => a.ok,
          () => false,
        ),
      { timeout: 60_000, interval: 100 },
    );
  }
  expect(new Set(records.map(({ run_id }) => run_id)).size).toBe(RUNS);
  interrupt();
  expect(await ended).toBe(0);
});

/** It may have ended by itself, or by an earlier one. */
function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}
