import { z } from "zod";
import { CancelAccepted, ChatHistory, ChatList, ChatRequest, ChatResponse } from "@trainer/platform";
import type { Chats } from "../services/chats.js";
import { BODY, MISSING, orEvents } from "./answers.js";
import { answered, type AnsweredDeps } from "./answered.js";
import { RunParams } from "./runs.js";
import type { ZodApp } from "./zod-app.js";

export interface ChatDeps extends AnsweredDeps {
  readonly chats: Chats;
}

const SessionParams = RunParams.extend({ session_id: z.string() });
const TurnParams = SessionParams.extend({ request_id: z.string() });

/** Conversations with a run's model; each is kept for an hour after its last turn. */
export function chatRoutes(app: ZodApp, deps: ChatDeps): void {
  const { chats } = deps;
  const tags = ["Chat"];

  app.post(
    "/runs/:run_id/chat",
    {
      schema: {
        tags,
        summary: "Say something",
        description:
          "Without a session it begins one. With `Accept: text/event-stream` the answer comes as it is written.",
        params: RunParams,
        body: ChatRequest,
        response: { 200: orEvents(ChatResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) => answered(req, reply, deps, (follow) => chats.say(req.params.run_id, req.body, follow)),
  );

  app.get(
    "/runs/:run_id/chat",
    {
      schema: {
        tags,
        summary: "Conversations with a run",
        description: "The latest 200 that are still kept, without those whose session id is a client's own.",
        params: RunParams,
        response: { 200: ChatList, ...MISSING },
      },
    },
    ({ params }) => chats.list(params.run_id),
  );

  app.get(
    "/runs/:run_id/chat/:session_id/:request_id",
    {
      schema: { tags, summary: "What was answered", params: TurnParams, response: { 200: ChatResponse, ...MISSING } },
    },
    ({ params }) => chats.said(params.run_id, params.session_id, params.request_id),
  );

  app.get(
    "/runs/:run_id/chat/:session_id",
    {
      schema: {
        tags,
        summary: "What was said so far",
        params: SessionParams,
        response: { 200: ChatHistory, ...MISSING },
      },
    },
    ({ params }) => chats.history(params.run_id, params.session_id),
  );

  app.delete(
    "/runs/:run_id/chat/:session_id",
    {
      schema: {
        tags,
        summary: "Forget a conversation",
        params: SessionParams,
        response: { 200: CancelAccepted, 413: BODY[413] },
      },
    },
    ({ params }) => chats.end(params.run_id, params.session_id),
  );
}
