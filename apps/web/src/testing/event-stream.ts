import { toJson } from "@trainer/platform/browser";

/** An answer of events that are sent one by one; it ends as a connection does where the request is aborted. */
export function eventStream(signal?: AbortSignal) {
  const encoder = new TextEncoder();
  const opened = new TransformStream<Uint8Array, Uint8Array>();
  const writer = opened.writable.getWriter();
  const breakOff = (reason: unknown) => void writer.abort(reason).catch(() => undefined);
  signal?.addEventListener("abort", () => breakOff(new DOMException("aborted", "AbortError")));
  const sendBytes = (bytes: Uint8Array<ArrayBuffer>) => void writer.write(bytes).catch(() => undefined);
  return {
    response: new Response(opened.readable),
    send: (name: string, data: object) => sendBytes(encoder.encode(`event: ${name}\ndata: ${toJson(data)}\n\n`)),
    sendBytes,
    end: () => void writer.close().catch(() => undefined),
    breakOff: () => breakOff(new TypeError("network error")),
  };
}
