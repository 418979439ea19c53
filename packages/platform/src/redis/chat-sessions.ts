import type { Redis } from "ioredis";
import { z } from "zod";
import { toWireJson } from "../json.js";
import { keys } from "../redis-keys.js";
import { ChatTurn, type ChatHistory } from "../schemas/use.js";
import { parsed } from "./parsed.js";
import type { Slot } from "./results.js";

/** Retention of a conversation after its last turn. */
export const CHAT_TTL_SECONDS = 3600;

const Meta = z.object({ run_id: z.string(), created_at: z.string(), session_ttl_sec: z.int() });

/** Conversations with a run's model. */
export class ChatSessions {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async begin(runId: string, sessionId: string, now = new Date()): Promise<void> {
    const created_at = now.toISOString().replace("Z", "+00:00");
    const meta = { run_id: runId, created_at, session_ttl_sec: CHAT_TTL_SECONDS };
    await this.#redis.set(keys.conversationMeta(runId, sessionId), toWireJson(meta), "EX", CHAT_TTL_SECONDS);
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
    const transaction = this.#redis
      .multi()
      .set(keys.conversation(runId, sessionId), toWireJson(turns), "EX", CHAT_TTL_SECONDS)
      .expire(keys.conversationMeta(runId, sessionId), CHAT_TTL_SECONDS);
    await slot.set(answer, transaction);
    await transaction.exec();
  }

  async end(runId: string, sessionId: string): Promise<void> {
    await this.#redis.del(keys.conversation(runId, sessionId), keys.conversationMeta(runId, sessionId));
  }
}
