import { randomUUID } from "node:crypto";
import {
  AppError,
  type CancelAccepted,
  type ChatHistory,
  type ChatList,
  type ChatRequest,
  type ChatResponse,
} from "@trainer/platform";
import type { ChatSessions, Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Accepted } from "./ask.js";
import { checkModelId } from "./check-run-id.js";
import type { Jobs } from "./jobs.js";

export interface ChatsDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
  readonly sessions: ChatSessions;
}

/** Conversations with runs' models. */
export class Chats {
  readonly #deps: ChatsDeps;

  constructor(deps: ChatsDeps) {
    this.#deps = deps;
  }

  /** Sends a message; without a session it begins one. A session id of the client's own is accepted. */
  async say(run: string, request: ChatRequest, isFollowed = false): Promise<Accepted<ChatResponse>> {
    const run_id = checkModelId(run);
    const { results, jobs, sessions } = this.#deps;
    const ids = { session_id: request.session_id ?? randomUUID(), request_id: randomUUID() };
    await jobs.assertRoom("chat");
    if (request.session_id === null) await sessions.begin(run_id, ids.session_id, request.message);
    const slot = results.chat(run_id, ids.session_id, ids.request_id);
    return await ask(this.#deps, { slot, ids, kind: "chat", data: { run_id, ...ids, request } }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  said(runId: string, session_id: string, request_id: string): Promise<ChatResponse> {
    return poll(
      this.#deps.jobs,
      this.#deps.results.chat(runId, session_id, request_id),
      { session_id, request_id },
      "chat",
    );
  }

  /** @throws AppError DATA_NOT_FOUND */
  async history(runId: string, sessionId: string): Promise<ChatHistory> {
    const history = await this.#deps.sessions.history(runId, sessionId);
    if (history === null) throw new AppError("DATA_NOT_FOUND", "session not found");
    return history;
  }

  /** Conversations that are still kept. */
  async list(run: string): Promise<ChatList> {
    return { chats: await this.#deps.sessions.list(checkModelId(run)) };
  }

  async end(runId: string, sessionId: string): Promise<CancelAccepted> {
    await this.#deps.sessions.end(runId, sessionId);
    return { status: "cancellation-requested" };
  }
}
