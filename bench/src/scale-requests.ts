import { randomUUID } from "node:crypto";
import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeEvent, EVENTS_CHANNEL } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import { z } from "zod";
import { ask, type Asked } from "./fixed-rate.js";

const TRAINING = {
  model_family: "char_lstm",
  model_size: "tiny",
  corpus_file_id: "a".repeat(64),
  tokenizer_id: "tok-0000000000",
};

/** What is asked of the API, and which runs came of it. */
export class Requests {
  readonly runIds: string[] = [];
  readonly cancelled = new Set<string>();
  /** Answers that there is no Redis now. */
  unavailable = 0;

  constructor(
    private readonly url: string,
    private readonly agent: Agent,
  ) {}

  get(path: string): Promise<string> {
    return this.#ask({ url: this.url + path });
  }

  async train(): Promise<string> {
    const key = { "idempotency-key": randomUUID() };
    const body = JSON.stringify(TRAINING);
    const answer = await this.#ask({ url: `${this.url}/runs/train`, method: "POST", headers: key, body });
    const { run_id } = z.object({ run_id: z.string() }).parse(JSON.parse(answer));
    this.runIds.push(run_id);
    return run_id;
  }

  async cancel(runId: string): Promise<void> {
    this.cancelled.add(runId);
    await this.#ask({ url: `${this.url}/runs/${runId}/cancel`, method: "POST" });
  }

  /** Again where Redis did not answer the API within a second, as clients do. */
  async #ask(asked: Asked): Promise<string> {
    for (;;) {
      try {
        return await ask(asked, this.agent);
      } catch (error) {
        if (!String(error).includes(": 503 ")) throw error;
        this.unavailable += 1;
        await sleep(200);
      }
    }
  }
}

/** The times at which runs' events came. */
export async function listen(url: string) {
  const redis = openRedis(url, { listens: true });
  const started = new Map<string, number>();
  const failed = new Map<string, number>();
  redis.on("message", (_, message: string) => {
    const event = decodeEvent(message);
    if (event?.type === "trainer.job.started.v1") started.set(event.job_id, performance.now());
    if (event?.type === "trainer.job.failed.v1") failed.set(event.job_id, performance.now());
  });
  await redis.subscribe(EVENTS_CHANNEL);
  const until = async (times: ReadonlyMap<string, number>, runId: string): Promise<number> => {
    for (const end = performance.now() + 600_000; performance.now() < end; await sleep(2)) {
      const time = times.get(runId);
      if (time !== undefined) return time;
    }
    throw new Error(`nothing was heard of ${runId} for ten minutes`);
  };
  return {
    started: (runId: string) => until(started, runId),
    failed: (runId: string) => until(failed, runId),
    hasFailed: (runId: string) => failed.has(runId),
    [Symbol.dispose]: () => redis.disconnect(),
  };
}
