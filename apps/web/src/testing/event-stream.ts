import { background, toJson } from "@trainer/platform/browser";

/** A stream that was given up refuses what comes after. */
const NOBODY_READS = () => undefined;

/** An answer of events that are sent one by one; it ends as a connection does where the request is aborted. */
export function eventStream(signal?: AbortSignal) {
  const encoder = new TextEncoder();
  const opened = new TransformStream<Uint8Array, Uint8Array>();
  const writer = opened.writable.getWriter();
  const breakOff = (reason: unknown) => background(writer.abort(reason), NOBODY_READS);
  signal?.addEventListener("abort", () => breakOff(new DOMException("aborted", "AbortError")));
  const sendBytes = (bytes: Uint8Array<ArrayBuffer>) => background(writer.write(bytes), NOBODY_READS);
  return {
    response: new Response(opened.readable),
    send: (name: string, data: object) => sendBytes(encoder.encode(`event: ${name}\ndata: ${toJson(data)}\n\n`)),
    sendBytes,
    end: () => background(writer.close(), NOBODY_READS),
    breakOff: () => breakOff(new TypeError("network error")),
  };
}
