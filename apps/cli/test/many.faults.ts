import { startApi } from "@trainer/api";
import { TrainerClient } from "@trainer/client";
import type { RunList } from "@trainer/platform";
import { request, startSystem, USER } from "@trainer/testing/system";
import { expect, test } from "vitest";

const [RECORDS, QUEUED] = [50_000, 9_000];
const JOB = request({ num_epochs: 1 });

/** Runs `work` and prints how long it took; figures are read by people, for machines differ. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  const result = await work();
  console.log(`${what}: ${(performance.now() - since).toFixed(1)} ms`);
  return result;
}

/** `make` for 0, 1, 2 … of `count`, 500 at a time. */
async function forAll(count: number, make: (i: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += 500) {
    await Promise.all(Array.from({ length: Math.min(500, count - at) }, (_, i) => make(at + i)));
  }
}

test(
  `with ${RECORDS} runs on record and ${QUEUED} of them queued, all are listed, one is cancelled, and a worker begins`,
  { timeout: 600_000 },
  async () => {
    await using system = await startSystem();
    const { root, redisServer, runs, bank } = system;
    const dataBank = { url: bank.url, apiKey: "key" };
    const config = { port: 0, redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, dataBank, pollMs: 20 };
    await using api = await startApi(config, { log: { write() {} } });
    const client = new TrainerClient({ url: api.url });
    await forAll(RECORDS - QUEUED, async (i) => {
      await runs.create(`done-${i}`, USER, JOB);
      await runs.update(`done-${i}`, await runs.claim(`done-${i}`), { status: "completed", progress: 100 }, []);
    });
    await forAll(QUEUED, (i) => system.train(`queued-${i}`, { num_epochs: 1 }));
    const last = `queued-${QUEUED - 1}`;
    const look = () => client.runs({ limit: 50 });
    for (let again = 0; again < 3; again++) await timed("GET /runs", look);
    await timed("GET /runs/{id}", () => client.run(last));
    await timed("GET /runs?status=failed, of which there is none", () => client.runs({ limit: 50, status: "failed" }));
    await timed("all pages of GET /runs", async () => {
      const seen = new Set<string>();
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: RunList = await client.runs({ limit: 200, cursor: cursor || null });
        for (const { run_id } of page.runs) seen.add(run_id);
        cursor = page.next;
      }
      expect(seen.size).toBe(RECORDS);
    });
    await timed("cancel of the last in the queue", () => client.cancel(last));
    await using _worker = await timed("start of a worker", () => system.startWorker());
    await timed("the first run", () => system.until("queued-0", ({ status }) => status === "completed"));
    await timed("a cancelled run is done with, though it is the last", () =>
      system.until(last, ({ status }) => status === "failed"),
    );
    expect((await client.train({ ...JOB, corpus_path: "corpus.txt" })).run_id).not.toBe("");
  },
);
