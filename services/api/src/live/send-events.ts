import { once } from "node:events";
import { AppError } from "@trainer/platform";
import type { FastifyReply } from "fastify";
import { event } from "./frames.js";

/** Keep-alive interval of a silent stream, so that no proxy takes it for dead. */
const KEEP_ALIVE_MS = 15_000;
/** Time without reading after which a client is dropped. */
const STALL_MS = 60_000;

export interface SendOptions {
  readonly keepAliveMs?: number | undefined;
  readonly stallMs?: number | undefined;
  /** Aborted where all streams are to end. */
  readonly closing?: AbortSignal | undefined;
}

/**
 * Answers with server-sent events, to their end. Their signal is aborted when the client goes. Events are taken as fast as
 * the client reads, so that nothing piles up for it; one that reads nothing at all is dropped, and can take the stream up
 * again. So can one whose stream fails on our side, which an event `error` tells before the stream breaks off.
 */
export async function sendEvents(
  reply: FastifyReply,
  framesOf: (signal: AbortSignal) => AsyncIterable<Buffer>,
  { keepAliveMs = KEEP_ALIVE_MS, stallMs = STALL_MS, closing }: SendOptions = {},
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
  const keepAlive = setInterval(() => raw.writableNeedDrain || raw.write(": keep-alive\n\n"), keepAliveMs);
  const signal = closing === undefined ? gone.signal : AbortSignal.any([gone.signal, closing]);
  try {
    for await (const frame of framesOf(signal)) {
      if (!raw.write(frame))
        await once(raw, "drain", { signal: AbortSignal.any([signal, AbortSignal.timeout(stallMs)]) });
    }
    raw.end();
  } catch (error) {
    if (closing?.aborted === true) raw.end();
    else if (signal.aborted || raw.writableNeedDrain) raw.destroy();
    else raw.write(failed(error, reply.request.id), () => raw.destroy());
    if (!signal.aborted) reply.log.error({ err: error, event: "stream_failed" }, "a stream broke off");
  } finally {
    clearInterval(keepAlive);
  }
}

function failed(error: unknown, request_id: string): Buffer {
  const { code, message } = AppError.from(error);
  return event("error", { code, message, request_id });
}
