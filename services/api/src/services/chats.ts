import { randomUUID } from "node:crypto";
import {
  AppError,
  ChatResult,
  type CancelAccepted,
  type ChatHistory,
  type ChatRequest,
  type ChatResponse,
} from "@trainer/platform";
import type { ChatSessions, Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Asked } from "./asked.js";
import { checkRunId } from "./check-run-id.js";
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

  /** Says something; without a session it begins one. A session that a client made up is taken as it is. */
  async say(run: string, request: ChatRequest, isFollowed = false): Promise<Asked<ChatResponse>> {
    const runId = checkRunId(run);
    const { results, jobs, channels, sessions } = this.#deps;
    const request_id = randomUUID();
    const session_id = request.session_id ?? randomUUID();
    await jobs.assertRoom("chat");
    if (request.session_id === null) await sessions.begin(runId, session_id);
    const slot = results.chat(runId, session_id, request_id);
    const answer = (result: ChatResult): ChatResponse => ({ ...result, session_id, request_id });
    const question = { slot, queued: ChatResult.parse({ status: "queued" }), channels, answer };
    const data = { run_id: runId, request_id, session_id, request };
    return await ask(question, () => jobs.add("chat", request_id, data), isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  async said(runId: string, sessionId: string, requestId: string): Promise<ChatResponse> {
    const result = await poll(this.#deps.results.chat(runId, sessionId, requestId));
    if (result === null) throw new AppError("DATA_NOT_FOUND", "chat request not found");
    return { ...result, session_id: sessionId, request_id: requestId };
  }

  /** @throws AppError DATA_NOT_FOUND */
  async history(runId: string, sessionId: string): Promise<ChatHistory> {
    const history = await this.#deps.sessions.history(runId, sessionId);
    if (history === null) throw new AppError("DATA_NOT_FOUND", "session not found");
    return history;
  }

  async end(runId: string, sessionId: string): Promise<CancelAccepted> {
    await this.#deps.sessions.end(runId, sessionId);
    return { status: "cancellation-requested" };
  }
}
