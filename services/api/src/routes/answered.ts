import type { FastifyReply, FastifyRequest } from "fastify";
import { headerOf } from "@trainer/platform/http";
import { event } from "../live/frames.js";
import type { Streams } from "../live/streams.js";
import type { Asked } from "../services/asked.js";

export interface AnsweredDeps {
  readonly streams: Streams;
}

/** Answers with what was accepted; or, where the client wants events, with that and all that comes of it. */
export async function answered<T extends object>(
  req: FastifyRequest,
  reply: FastifyReply,
  { streams }: AnsweredDeps,
  ask: (isFollowed: boolean) => Promise<Asked<T>>,
): Promise<FastifyReply> {
  const isFollowed = headerOf(req, "accept")?.includes("text/event-stream") ?? false;
  const asked = await ask(isFollowed);
  if (!isFollowed) return await reply.send(asked.accepted);
  await streams.send(reply, (signal) => eventsOf(asked, signal));
  return reply;
}

async function* eventsOf<T extends object>({ accepted, follow }: Asked<T>, signal: AbortSignal) {
  yield event("accepted", accepted);
  for await (const piece of follow(signal)) yield event(piece.type, piece.type === "result" ? piece.result : piece);
}
