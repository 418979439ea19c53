import type { Redis } from "ioredis";
import { z } from "zod";
import { toWireJson } from "../json.js";
import { keys } from "../redis-keys.js";
import { ChatTurn, type ChatHistory, type ChatSummary } from "../schemas/use.js";
import { parsed } from "./parsed.js";
import { scored } from "./scored.js";
import type { Slot } from "./results.js";

/** Retention of a conversation after its last turn. */
export const CHAT_TTL_SECONDS = 3600;

/** Most conversations of a list. */
const MOST_LISTED = 200;

const Meta = z.object({ run_id: z.string(), created_at: z.string(), session_ttl_sec: z.int() });

const Summary = z.object({ title: z.string(), message_count: z.int() });

/** Conversations with a run's model. */
export class ChatSessions {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** @param message the first one */
  async begin(runId: string, sessionId: string, message = "", now = new Date()): Promise<void> {
    const meta = { run_id: runId, created_at: timestamp(now), session_ttl_sec: CHAT_TTL_SECONDS };
    const summary = toWireJson({ title: titleOf(message), message_count: 0 });
    const list = keys.conversations(runId);
    await this.#redis
      .multi()
      .set(keys.conversationMeta(runId, sessionId), toWireJson(meta), "EX", CHAT_TTL_SECONDS)
      .set(keys.conversationSummary(runId, sessionId), summary, "EX", CHAT_TTL_SECONDS)
      .zremrangebyscore(list, "-inf", Date.now() - CHAT_TTL_SECONDS * 1000) // those that have expired
      .zadd(list, now.getTime(), sessionId)
      .expire(list, CHAT_TTL_SECONDS)
      .exec();
  }

  /** Conversations that are kept, the latest turn first; without those whose session id is a client's own. */
  async list(runId: string): Promise<ChatSummary[]> {
    const rows = await this.#redis.zrange(keys.conversations(runId), "0", `${MOST_LISTED - 1}`, "REV", "WITHSCORES");
    if (rows.length === 0) return [];
    const turns = [...scored(rows)];
    const summaries = await this.#redis.mget(turns.map(([id]) => keys.conversationSummary(runId, id)));
    return turns.flatMap(([session_id, last], i) => {
      const summary = parsed(Summary, summaries[i] ?? null);
      const last_turn_at = timestamp(new Date(last));
      return summary === null ? [] : [{ session_id, ...summary, last_turn_at }];
    });
  }

  /** Null for one that never began here, or is over. */
  async history(runId: string, sessionId: string): Promise<ChatHistory | null> {
    const meta = parsed(Meta, await this.#redis.get(keys.conversationMeta(runId, sessionId)));
    if (meta === null) return null;
    const messages = await this.turns(runId, sessionId);
    return { session_id: sessionId, run_id: meta.run_id, messages, created_at: meta.created_at };
  }

  async turns(runId: string, sessionId: string): Promise<ChatTurn[]> {
    return parsed(z.array(ChatTurn), await this.#redis.get(keys.conversation(runId, sessionId))) ?? [];
  }

  /**
   * Stores a conversation after a turn and renews its retention, with the turn's answer in the same transaction: a
   * reader of the answer finds the conversation with it, so that no turn is added twice.
   */
  async keep<T>(runId: string, sessionId: string, turns: readonly ChatTurn[], slot: Slot<T>, answer: T): Promise<void> {
    const summary = toWireJson({ title: titleOf(turns[0]?.content ?? ""), message_count: turns.length });
    const list = keys.conversations(runId);
    const transaction = this.#redis
      .multi()
      .set(keys.conversation(runId, sessionId), toWireJson(turns), "EX", CHAT_TTL_SECONDS)
      .expire(keys.conversationMeta(runId, sessionId), CHAT_TTL_SECONDS)
      // Only where it is there: one that was ended meanwhile is not listed again.
      .set(keys.conversationSummary(runId, sessionId), summary, "EX", CHAT_TTL_SECONDS, "XX")
      .zadd(list, "XX", Date.now(), sessionId)
      .expire(list, CHAT_TTL_SECONDS);
    await slot.set(answer, transaction);
    await transaction.exec();
  }

  async end(runId: string, sessionId: string): Promise<void> {
    await this.#redis
      .multi()
      .del(keys.conversation(runId, sessionId), keys.conversationMeta(runId, sessionId))
      .del(keys.conversationSummary(runId, sessionId))
      .zrem(keys.conversations(runId), sessionId)
      .exec();
  }
}

const timestamp = (time: Date): string => time.toISOString().replace("Z", "+00:00");

/** Most characters of a title. */
const TITLE_LENGTH = 80;

/** First words of a message, on one line. */
function titleOf(message: string): string {
  const line = message.trimStart().slice(0, 1000).replaceAll(/\s+/g, " ");
  const characters = Array.from(new Intl.Segmenter().segment(line.toWellFormed()), ({ segment }) => segment);
  const title = characters.slice(0, TITLE_LENGTH).join("").trimEnd();
  return characters.length > TITLE_LENGTH ? `${title} …` : title;
}
