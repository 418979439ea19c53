import type { Redis } from "ioredis";
import { z } from "zod";

/** What a Redis has done since it was started. */
export interface RedisCounts {
  /** Seconds of a processor. */
  readonly cpu: number;
  readonly commands: number;
  readonly memory: number;
  readonly peak: number;
  readonly clients: number;
  /** Calls and microseconds of each command. */
  readonly perCommand: ReadonlyMap<string, { readonly calls: number; readonly micros: number }>;
}

export async function redisCounts(redis: Redis): Promise<RedisCounts> {
  const text = z.string().parse(await redis.call("INFO", "everything"));
  const number = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(text)?.[1] ?? NaN);
  const found = [...text.matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=(\d+)/gm)];
  return {
    cpu: number("used_cpu_user") + number("used_cpu_sys"),
    commands: number("total_commands_processed"),
    memory: number("used_memory"),
    peak: number("used_memory_peak"),
    clients: number("connected_clients"),
    perCommand: new Map(
      found.map(([, name = "", calls, micros]) => [name, { calls: Number(calls), micros: Number(micros) }]),
    ),
  };
}

export interface RedisLoad {
  /** Percent of one processor. */
  readonly cpu: number;
  readonly commandsPerSecond: number;
  /** The commands that took most of the time, in words. */
  readonly most: string;
}

/** What a Redis did between two looks, which were so many seconds apart. */
export function redisLoad(before: RedisCounts, after: RedisCounts, seconds: number): RedisLoad {
  const spent = [...after.perCommand].map(([name, { calls, micros }]) => {
    const earlier = before.perCommand.get(name) ?? { calls: 0, micros: 0 };
    return { name, calls: (calls - earlier.calls) / seconds, micros: (micros - earlier.micros) / seconds };
  });
  const most = spent.toSorted((a, b) => b.micros - a.micros).slice(0, 4);
  return {
    cpu: (100 * (after.cpu - before.cpu)) / seconds,
    commandsPerSecond: (after.commands - before.commands) / seconds,
    most: most
      .map(({ name, calls, micros }) => `${name} ${calls.toFixed(0)}/s ${(micros / 1e4).toFixed(1)} %`)
      .join(", "),
  };
}
