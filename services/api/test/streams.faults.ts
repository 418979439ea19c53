import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TrainRequest } from "@trainer/platform";
import { startSystem } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";

const CLIENTS = fileURLToPath(new URL("./stream-clients.mjs", import.meta.url));
const STREAMS = 10_000;
/** None needs many open files: the API alone has all streams. */
const PROCESSES = 5;
const LINES = 20;
const EVERY_MS = 1000;
/** Pass figures, on two cores that the clients share. */
const MOST_P99_MS = 5000;
const MOST_BYTES = 100_000;

const Report = z.object({ whole: z.int(), delays: z.record(z.string(), z.int()) });

test(
  `${STREAMS} streams of a run open at once each get every line once, 99 of 100 lines within ${MOST_P99_MS / 1000} s, at less than ${MOST_BYTES / 1000} kB a stream`,
  { timeout: 600_000 },
  async () => {
    await using system = await startSystem({ streamsPerClient: 0, requestsPerMinute: 0, pollMs: 200 });
    const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
    await system.runs.create("watched", 0n, request);
    await system.runs.set("watched", { status: "running" });
    const folder = join(system.root, "models", "watched");
    mkdirSync(folder, { recursive: true });
    const logs = join(folder, "logs.jsonl");
    writeFileSync(logs, "");

    const rss = process.memoryUsage.rss();
    const args = [`${system.url}/runs/watched/logs/stream`, String(STREAMS / PROCESSES), String(LINES)];
    const clients = Array.from({ length: PROCESSES }, () => fork(CLIENTS, args));
    await Promise.all(clients.map((client) => once(client, "message")));
    const reports = Promise.all(clients.map(async (client) => Report.parse((await once(client, "message"))[0])));
    for (let n = 0; n < LINES; n++) {
      appendFileSync(logs, `${JSON.stringify({ n, at: Date.now() })}\n`);
      await setTimeout(EVERY_MS);
    }
    const bytes = (process.memoryUsage.rss() - rss) / STREAMS;
    await system.runs.set("watched", { status: "completed" });

    const all = await reports;
    const delays = all
      .flatMap((report) => Object.entries(report.delays))
      .map(([ms, count]) => ({ ms: Number(ms), count }));
    const total = delays.reduce((sum, { count }) => sum + count, 0);
    const within = (share: number) => {
      let left = Math.ceil(total * share);
      return delays.toSorted((a, b) => a.ms - b.ms).find(({ count }) => (left -= count) <= 0)?.ms;
    };
    const [p50, p99] = [within(0.5), within(0.99)];
    console.log(
      `${total} lines to ${STREAMS} streams: p50 ${p50} ms, p99 ${p99} ms; ${(bytes / 1000).toFixed(0)} kB a stream`,
    );
    expect(all.reduce((sum, { whole }) => sum + whole, 0)).toBe(STREAMS);
    expect(total).toBe(STREAMS * LINES);
    expect(p99).toBeLessThan(MOST_P99_MS);
    expect(bytes).toBeLessThan(MOST_BYTES);
  },
);
