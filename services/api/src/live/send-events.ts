import type { FastifyReply } from "fastify";

/** How often something is sent where there is nothing to tell, so that nobody between the two thinks the line dead. */
const KEEP_ALIVE_MS = 15_000;
/** Who has so much waiting for them is no longer reading. */
const MAX_WAITING_BYTES = 1 << 20;

export interface SendOptions {
  readonly keepAliveMs?: number;
  readonly maxWaitingBytes?: number;
}

/**
 * Answers with server-sent events, to their end. Their signal is aborted when the client goes; one that does not read
 * what it is sent is dropped, and can take the stream up again.
 */
export async function sendEvents(
  reply: FastifyReply,
  framesOf: (signal: AbortSignal) => AsyncIterable<Buffer>,
  { keepAliveMs = KEEP_ALIVE_MS, maxWaitingBytes = MAX_WAITING_BYTES }: SendOptions = {},
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
    "x-request-id": reply.request.id,
  });
  raw.flushHeaders();
  const keepAlive = setInterval(() => raw.write(": keep-alive\n\n"), keepAliveMs);
  try {
    for await (const frame of framesOf(gone.signal)) {
      raw.write(frame);
      if (raw.writableLength > maxWaitingBytes) break;
    }
    if (raw.writableLength > maxWaitingBytes) raw.destroy();
    else raw.end();
  } catch (error) {
    raw.destroy();
    if (!gone.signal.aborted) reply.log.error({ err: error, event: "stream_failed" }, "a stream broke off");
  } finally {
    clearInterval(keepAlive);
  }
}
