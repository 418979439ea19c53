import { createParser, type EventSourceMessage } from "eventsource-parser";
import { setTimeout as sleep } from "node:timers/promises";
import { chunks, refusal } from "../http.js";
import { ServiceError } from "../service-error.js";
import type { Call, Requests } from "./requests.js";

/**
 * Server-sent events, to their end. After a break it resumes behind the last event that had an id, as long as each new
 * connection delivers something.
 * @throws ServiceError when it cannot be resumed
 */
export async function* eventStream(
  requests: Requests,
  path: string,
  call: Call = {},
): AsyncGenerator<EventSourceMessage, void, undefined> {
  let lastId: string | undefined;
  let failures = 0;
  for (;;) {
    try {
      const resume = lastId === undefined ? {} : { "last-event-id": lastId };
      const headers = { accept: "text/event-stream", ...call.headers, ...resume };
      for await (const event of eventsIn(chunks(await requests.send(path, { ...call, headers })))) {
        if (event.event === "error") throw refusal("trainer", 500, event.data); // it breaks off then
        lastId = event.id ?? lastId;
        failures = 0;
        yield event;
      }
      return;
    } catch (error) {
      call.signal?.throwIfAborted();
      const isTransient = error instanceof ServiceError && error.isTransient && call.once !== true;
      if (!isTransient || ++failures > requests.retry.retries) throw error;
      await sleep(requests.retry.backoffMs * failures, undefined, { signal: call.signal });
    }
  }
}

/** The most characters of an event. */
const EVENT_LENGTH = 16 << 20;

async function* eventsIn(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const decoder = new TextDecoder();
  const ready: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => ready.push(event),
    onError({ type }) {
      if (type !== "max-buffer-size-exceeded") return;
      throw new ServiceError("INVALID_ANSWER", `an event has more than ${EVENT_LENGTH} characters`);
    },
    maxBufferSize: EVENT_LENGTH,
  });
  for await (const chunk of bytes) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
}
