import { keys, parseJson, toWireJson } from "@trainer/platform";
import type { Redis } from "ioredis";
import { RunState } from "../following/run-state.js";

/** Retention of a run's state. */
const TTL_SECONDS = 30 * 86_400;

/** Address of a message. */
export interface MessageRef {
  readonly channelId: string;
  readonly messageId: string;
}

/** State that survives a restart: watchers, the state of each run, and its messages. */
export class RunStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Null for a run without a state that this version can read. */
  async state(runId: string): Promise<RunState | null> {
    const text = await this.#redis.get(keys.toldRun(runId));
    if (text === null) return null;
    return RunState.nullable().catch(null).parse(parseJson(text));
  }

  /** Stores the state; the run is followed until it is settled. */
  async keepState(state: RunState): Promise<void> {
    const key = keys.toldRun(state.runId);
    await this.#redis.multi().set(key, toWireJson(state), "EX", TTL_SECONDS).sadd(keys.toldRuns, state.runId).exec();
  }

  /** Marks a run as ended, with every recipient notified. */
  async settle(runId: string): Promise<void> {
    await this.#redis.srem(keys.toldRuns, runId);
  }

  /** The runs of which there is still something to tell. */
  unsettled = (): Promise<string[]> => this.#redis.smembers(keys.toldRuns);

  watching = (): Promise<string[]> => this.#redis.smembers(keys.watching);

  async messages(runId: string): Promise<Map<bigint, MessageRef>> {
    const hash = await this.#redis.hgetall(keys.runMessages(runId));
    return new Map(Object.entries(hash).flatMap(([user, text]) => entry(user, text)));
  }

  async keepMessage(runId: string, user: bigint, { channelId, messageId }: MessageRef): Promise<void> {
    const key = keys.runMessages(runId);
    await this.#redis.multi().hset(key, String(user), `${channelId}/${messageId}`).expire(key, TTL_SECONDS).exec();
  }

  /** Opt-ins and opt-outs of a run. */
  async watchers(runId: string): Promise<Map<bigint, boolean>> {
    const hash = await this.#redis.hgetall(keys.watchers(runId));
    const known = Object.entries(hash).filter(([user]) => /^\d+$/.test(user));
    return new Map(known.map(([user, wish]) => [BigInt(user), wish === "on"]));
  }

  watched = async (runId: string): Promise<boolean> => (await this.#redis.sismember(keys.watching, runId)) === 1;

  async watch(runId: string, user: bigint): Promise<void> {
    const change = this.#redis.multi().hset(keys.watchers(runId), String(user), "on").sadd(keys.watching, runId);
    await change.exec();
  }

  /** @param others whether somebody else still watches it */
  async unwatch(runId: string, user: bigint, others: boolean): Promise<void> {
    const change = this.#redis.multi().hset(keys.watchers(runId), String(user), "off");
    if (!others) change.srem(keys.watching, runId);
    await change.exec();
  }

  /** The run is no more: nobody has to look after it. */
  async forget(runId: string): Promise<void> {
    await this.#redis.multi().srem(keys.toldRuns, runId).srem(keys.watching, runId).exec();
  }
}

function entry(user: string, text: string): [bigint, MessageRef][] {
  const [channelId, messageId] = text.split("/");
  if (channelId === undefined || messageId === undefined || !/^\d+$/.test(user)) return [];
  return [[BigInt(user), { channelId, messageId }]];
}
