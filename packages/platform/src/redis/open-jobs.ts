import { at } from "@trainer/disk";
import type { Redis } from "ioredis";
import { z } from "zod";
import { valuesOf } from "./values-of.js";

/** Name of a queue's key, as the queue makes it. */
export type QueueKey = (type: string) => string;

/** A job of the queue that has not ended. */
export interface OpenJob {
  readonly id: string;
  readonly name: string;
  /** What it was asked, as JSON. */
  readonly data: string;
}

const LISTS = ["wait", "active"] as const;
const SETS = ["delayed", "prioritized"] as const;
/** Jobs that are read at a time. */
const PORTION = 1000;

const Ids = z.array(z.array(z.string()));
const Fields = z.array(z.tuple([z.string().nullable(), z.string().nullable()]));

/** Ids of all jobs of a queue that wait, are at work or come later, as they are at one moment. */
export async function openJobIds(redis: Redis, toKey: QueueKey): Promise<string[]> {
  const look = redis.multi();
  for (const list of LISTS) look.lrange(toKey(list), 0, -1);
  for (const set of SETS) look.zrange(toKey(set), 0, "-1");
  return Ids.parse(valuesOf(await look.exec())).flat();
}

/** Those of these jobs that are there, a portion of them in memory at a time: there may be very many. */
export async function* jobsOf(redis: Redis, toKey: QueueKey, ids: readonly string[]): AsyncGenerator<OpenJob> {
  for (let from = 0; from < ids.length; from += PORTION) {
    const portion = ids.slice(from, from + PORTION);
    const look = redis.pipeline();
    for (const id of portion) look.hmget(toKey(id), "name", "data");
    const found = Fields.parse(valuesOf(await look.exec()));
    for (const [i, [name, data]] of found.entries()) {
      const id = at(portion, i);
      if (name !== null && data !== null) yield { id, name, data };
    }
  }
}

/** All jobs of a queue that have not ended. */
export async function* openJobs(redis: Redis, toKey: QueueKey): AsyncGenerator<OpenJob> {
  yield* jobsOf(redis, toKey, await openJobIds(redis, toKey));
}
