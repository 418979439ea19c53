import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ServiceError, TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { scratchPath, writeCorpus } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { addresses, build, serving } from "./serving.js";

const PRELOAD = new URL("fail-disk.mjs", import.meta.url).href;
const Keys = z.object({ api_key: z.string(), data_bank_key: z.string() });
const MODEL = { model_family: "char_lstm", model_size: "tiny", max_seq_len: 32, batch_size: 8, num_epochs: 1 } as const;
/** Words that must not describe what is there. */
const ABSENT = /not found|no such|not exist|unknown|corrupt|damaged/i;
const PARTS = ["api", "data-bank", "worker", "redis"] as const;

test(
  "wherever a file cannot be reached for once, no process ends, nothing is called absent, and afterwards all goes on",
  { timeout: 2_400_000 },
  async () => {
    build();
    const [home, control] = [scratchPath("disk"), scratchPath("disk-control")];
    mkdirSync(join(home, "corpus"));
    writeCorpus(join(home, "corpus", "text.txt"), 150);
    const env = {
      TRAINER_HOME: home,
      APP__THREADS: "1",
      RQ__RETRY_MAX: "99",
      RQ__RETRY_INTERVALS_SEC: "0",
      NODE_OPTIONS: `--import=${PRELOAD}`,
      FAIL_DISK: control,
      FAIL_DISK_ROOT: home,
    };
    const { io, ended, interrupt } = await serving(["--port", "0", "--data-bank-port", "0"], env, home);
    const keys = Keys.parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8")));
    const at = addresses(home);
    const client = new TrainerClient({ url: String(at.api.url), apiKey: keys.api_key, retries: 0 });
    const bank = new DataBankClient({ url: String(at["data-bank"].url), apiKey: keys.data_bank_key, retries: 0 });
    const corpus_path = "text.txt";
    const { tokenizer_id } = await client.trainTokenizer({ method: "char", corpus_path });
    await client.waitForTokenizer(tokenizer_id);
    const trained = async () => {
      const { run_id } = await client.train({ ...MODEL, corpus_path, tokenizer_id });
      return await client.waitForRun(run_id);
    };
    const base = await trained();
    const { run_id } = base;
    const own = join(control, "own.txt");
    const asks: Readonly<Record<string, () => Promise<unknown>>> = {
      train: async () => {
        const run = await trained();
        if (run.status !== "completed") throw new Error(run.message ?? "");
        await client.removeRun(run.run_id);
      },
      tokenizer: async () => {
        const made = await client.trainTokenizer({ method: "char", corpus_path });
        await client.waitForTokenizer(made.tokenizer_id);
      },
      score: () => client.score(run_id, { text: "abc" }),
      generate: () => client.generate(run_id, { prompt_text: "abc", max_new_tokens: 3 }),
      evaluate: () => client.evaluate(run_id, { split: "validation" }),
      manifest: () => client.manifest(run_id),
      logs: () => client.logs(run_id),
      metrics: () => client.metrics(run_id),
      tokenizers: () => client.tokenizers(),
      archive: async () => {
        await buffer(await client.archive(run_id));
      },
      file: async () => {
        writeFileSync(own, String(Math.random()));
        const { file_id } = await bank.upload(own, "text/plain");
        await bank.download(file_id, `${own}.copy`);
        await bank.remove(file_id);
      },
    };
    writeFileSync(join(control, "codes"), "EIO EACCES EMFILE ESTALE ENOSPC");
    const wrong: string[] = [];
    const struck = () => readFileSync(join(control, "places"), { encoding: "utf8", flag: "a+" }).split("\n").length - 1;
    for (let before = -1, round = 0; before !== struck(); round++) {
      expect(round).toBeLessThan(300);
      before = struck();
      for (const [name, ask] of Object.entries(asks)) {
        const error: unknown = await ask().catch((reason: unknown) => reason);
        if (error === undefined || !(error instanceof Error)) continue;
        const refused = error instanceof ServiceError && (error.status ?? 500) < 500;
        if (refused || ABSENT.test(error.message)) wrong.push(`${name}: ${error.message}`);
      }
      const run = await client.run(run_id);
      expect(run).toEqual(base);
    }
    console.log(`${struck()} places`);
    rmSync(join(control, "codes"));
    for (const ask of Object.values(asks)) await ask();
    expect(wrong).toEqual([]);
    for (const part of PARTS) expect(addresses(home)[part].pid).toBe(at[part].pid);
    expect(io.stderr.text).not.toMatch(/is down/);
    interrupt();
    expect(await ended).toBe(0);
  },
);
