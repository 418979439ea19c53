import type { Slot } from "@trainer/platform/redis";
import { newFailure } from "@trainer/training/files";
import type { Container } from "../container.js";
import { every } from "../runs/every.js";
import { Refused } from "../supervise/model-server.js";
import { timerMs } from "./job.js";

/** Looks in a row that find an answer abandoned, after which its question is cancelled: a client that was cut off polls again. */
const MOST_LOOKS = 30;

const ABANDONED = newFailure(
  "JOB_FAILED",
  "nobody waits for the answer any more: its stream was closed, and nobody has asked for it since",
  "USER_INPUT",
);

/**
 * A signal that aborts when so many looks in a row find an answer abandoned, or it takes too long; its reason is a
 * `Refused`.
 */
export function cancellation(
  { config, pace }: Container,
  slot: Slot<unknown>,
  mostLooks = MOST_LOOKS,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const { answerTimeoutSec } = config;
  const message = `there was no answer within ${answerTimeoutSec} seconds, which is the most that one may take`;
  const late = newFailure("TIMEOUT", message);
  const timer = setTimeout(() => controller.abort(new Refused(late)), timerMs(answerTimeoutSec));
  let looks = 0;
  const looking = every(pace.abandoned, async () => {
    looks = (await slot.isAbandoned()) ? looks + 1 : 0;
    if (looks === mostLooks) controller.abort(new Refused(ABANDONED));
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      looking[Symbol.dispose]();
    },
  };
}
