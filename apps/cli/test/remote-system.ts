import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startApi } from "@trainer/api";
import { startSystem } from "@trainer/testing/system";
import type { WorkerHooks } from "@trainer/worker";
import { serveHome } from "../src/serve/one-per-home.js";
import { commandLine } from "./command-line.js";

const KEY = "a-key-of-clients";

/** A whole system, what `trainer serve` writes down of it in its home, and command lines there and on it. */
export async function startRemote(pace: NonNullable<WorkerHooks["pace"]> = {}) {
  const system = await startSystem();
  const { root } = system;
  const dataBank = { url: system.bank.url, apiKey: "key" };
  const redisUrl = system.redisServer.url;
  const api = await startApi(
    { port: 0, apiKey: KEY, redisUrl, artifactsRoot: root, dataRoot: root, dataBank, pollMs: 20 },
    { log: { write() {} } },
  );
  const worker = await system.startWorker({}, { pace });
  const parts = { api: { url: api.url, pid: 1 }, "data-bank": { url: dataBank.url, pid: 1 } };
  const home = serveHome(root);
  home.tell(parts);
  writeFileSync(join(root, "keys.json"), JSON.stringify({ api_key: KEY, data_bank_key: dataBank.apiKey }));
  return {
    system,
    url: api.url,
    corpus: join(root, "corpus", "corpus.txt"),
    ...commandLine(() => root),
    on: (...line: readonly string[]) => [...line, "--server", api.url],
    async [Symbol.asyncDispose]() {
      home[Symbol.dispose]();
      await worker[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await system[Symbol.asyncDispose]();
    },
  };
}
export type Remote = Awaited<ReturnType<typeof startRemote>>;
