import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRedis } from "@trainer/platform/redis";
import { freePort, redisUrl as urlOf, startRedis, stopped } from "./redis-server.js";
import { trainer } from "./system.js";

const WORKERS = fileURLToPath(new URL("../dist/scale-workers.js", import.meta.url));
/** Each worker has five connections. */
const MOST_CLIENTS = 20_000;

/** A Redis and an API of their own, and as many workers as are wanted, several to a process. */
export async function scaleSystem(folder: string) {
  const port = await freePort();
  const redisUrl = urlOf(port);
  let server = await startRedis(folder, port, ["--maxclients", String(MOST_CLIENTS)]);
  const apiPort = await freePort();
  const notes = join(folder, "notes.txt");
  writeFileSync(notes, "");
  const api = trainer(["api"], {
    REDIS_URL: redisUrl,
    APP__DATA_ROOT: folder,
    APP__ARTIFACTS_ROOT: folder,
    LOG_LEVEL: "error",
    PORT: String(apiPort),
    REQUESTS_PER_MINUTE: "0",
    API__QUEUE_LIMIT: "1000000",
  });
  const url = `http://127.0.0.1:${apiPort}`;
  while ((await fetch(`${url}/healthz`).catch(() => null)) === null) await sleep(50);
  const redis = openRedis(redisUrl);
  const processes: ChildProcess[] = [];
  return {
    url,
    redisUrl,
    redis,
    processes,
    /** Starts one process of so many workers; resolves when all of them are there. */
    async startWorkers(workers: number, seconds: number): Promise<void> {
      const options = JSON.stringify({ redisUrl, home: folder, workers, seconds, notes });
      const child = fork(WORKERS, [options], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
      processes.push(child);
      await Promise.race([
        once(child, "message"),
        once(child, "exit").then(() => Promise.reject(new Error("a process of workers ended"))),
      ]);
    },
    async stopWorkers(signal: NodeJS.Signals, count = processes.length): Promise<void> {
      await Promise.all(
        processes.splice(0, count).map(async (child) => {
          const gone = once(child, "exit");
          child.kill(signal);
          await gone;
        }),
      );
    },
    async killRedis(): Promise<void> {
      await stopped(server, "SIGKILL");
    },
    async restartRedis(): Promise<void> {
      server = await startRedis(folder, port, ["--maxclients", String(MOST_CLIENTS)]);
    },
    /** How often each run was begun, trained to its end, and told as completed. */
    notes(): Readonly<Record<"begun" | "trained" | "completed", Map<string, number>>> {
      const counts = { begun: new Map(), trained: new Map(), completed: new Map() };
      for (const [, what = "", runId = ""] of readFileSync(notes, "utf8").matchAll(/^(\w+) (\S+) /gm)) {
        const map: Map<string, number> | undefined = new Map(Object.entries(counts)).get(what);
        map?.set(runId, (map.get(runId) ?? 0) + 1);
      }
      return counts;
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      for (const child of processes) child.kill("SIGKILL");
      await api[Symbol.asyncDispose]();
      await stopped(server, "SIGKILL");
    },
  };
}
export type ScaleSystem = Awaited<ReturnType<typeof scaleSystem>>;
