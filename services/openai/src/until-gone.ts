import { finished } from "node:stream";
import type { FastifyReply } from "fastify";

/** Aborted when the answer is over or its client has gone: also where it had gone already, whose end is told no more. */
export function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  finished(raw, () => gone.abort());
  return gone.signal;
}
