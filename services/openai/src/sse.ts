import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { errorBody, ofOpenAi } from "./errors.js";

/** Sends objects as server-sent events, with `[DONE]` at the end; what fails on the way is the last of them. */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<object>): FastifyReply {
  return reply
    .headers({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    })
    .send(Readable.from(lines(events)));
}

async function* lines(events: AsyncIterable<object>): AsyncGenerator<string, void, undefined> {
  try {
    for await (const event of events) yield `data: ${JSON.stringify(event)}\n\n`;
  } catch (error) {
    yield `data: ${JSON.stringify(errorBody(ofOpenAi(error)))}\n\n`;
  }
  yield "data: [DONE]\n\n";
}
