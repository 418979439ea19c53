import { get } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** Address of a service from its own machine: one that listens on all addresses, listens on loopback too. */
export const fromHere = (url: string): string => url.replace(/(?<=\/\/)(0\.0\.0\.0|\[::\])(?=:|$)/, "127.0.0.1");

const PATIENCE = { withinMs: 30_000, everyMs: 100 };

/**
 * Waits until an address answers with 200.
 * @throws Error with its other answer, if it does not in time; AbortError once `signal` aborts
 */
export async function answers(url: string, signal: AbortSignal, { withinMs, everyMs } = PATIENCE): Promise<void> {
  const late = performance.now() + withinMs;
  for (;;) {
    const { status, answer } = await ask(url);
    if (status === 200) return;
    if (performance.now() > late) throw new Error(`${url} does not answer well after ${withinMs / 1000} s: ${answer}`);
    await sleep(everyMs, null, { signal });
  }
}

/** Health endpoint of a service. */
export const healthOf = (url: string): string => `${url}/healthz`;

/** @throws Error if a service does not answer that it lives */
export async function healthy(url: string): Promise<void> {
  const { status, answer } = await ask(healthOf(url));
  if (status !== 200) throw new Error(answer);
}

/** Status of an address when it is asked once; undefined where nobody answers. */
export const statusOf = async (url: string): Promise<number | undefined> => (await ask(url)).status;

/** One question over a connection of its own, which keeps no server from ending. */
function ask(url: string): Promise<{ status?: number | undefined; answer: string }> {
  return new Promise((resolve) => {
    const failed = (error: unknown) => resolve({ answer: String(error) });
    get(url, { agent: false }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode, answer }), failed);
    }).on("error", failed);
  });
}
