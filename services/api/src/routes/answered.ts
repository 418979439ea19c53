import type { FastifyReply, FastifyRequest } from "fastify";
import { headerOf } from "@trainer/platform/http";
import { event } from "../live/frames.js";
import type { Streams } from "../live/streams.js";
import type { Accepted, Piece } from "../services/ask.js";

export interface AnsweredDeps {
  readonly streams: Streams;
}

/** Answers with what was accepted; or, where the client wants events, with that and all that comes of it. */
export async function answered<T extends object>(
  req: FastifyRequest,
  reply: FastifyReply,
  { streams }: AnsweredDeps,
  ask: (isFollowed: boolean) => Promise<Accepted<T>>,
): Promise<FastifyReply> {
  const isFollowed = headerOf(req, "accept")?.includes("text/event-stream") ?? false;
  using _place = isFollowed ? streams.admit(req.ip) : null; // before a request that nobody would receive
  const { accepted, follow } = await ask(isFollowed);
  if (follow === null) return await reply.send(accepted);
  await streams.send(reply, (signal) => eventsOf(accepted, follow(signal)));
  return reply;
}

async function* eventsOf<T extends object>(accepted: T, pieces: AsyncIterable<Piece<T>>) {
  yield event("accepted", accepted);
  for await (const piece of pieces) yield event(piece.type, piece.type === "result" ? piece.result : piece);
}
