import { AppError } from "@trainer/platform";

/** Least rate of a client: `graceMs` of waiting, and more with each byte that arrives. */
export interface Pace {
  readonly graceMs: number;
  readonly bytesPerSecond: number;
}

/**
 * A client's body, as long as it keeps up the rate. Only waiting for the client counts, not the processing of its
 * bytes.
 * @throws AppError TIMEOUT with status 408
 */
export async function* paced(source: AsyncIterator<Uint8Array>, pace: Pace): AsyncGenerator<Uint8Array> {
  let creditMs = pace.graceMs;
  for (;;) {
    const started = performance.now();
    const next = await within(source.next(), creditMs);
    if (next.done === true) return;
    const earnedMs = (next.value.length / pace.bytesPerSecond) * 1000;
    creditMs = Math.min(pace.graceMs, creditMs - (performance.now() - started) + earnedMs);
    yield next.value;
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError("TIMEOUT", "the upload is too slow", { status: 408 })), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
