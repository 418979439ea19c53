import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Asked {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Open-loop load: requests at a fixed rate, whether or not earlier ones have been answered, so that a stalled service
 * is not spared.
 * @returns sorted latencies in milliseconds, from the due time of each request to the end of its answer
 */
export async function atFixedRate(perSecond: number, seconds: number, nth: (i: number) => Asked): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const began = performance.now();
  const answers: Promise<number>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const due = began + (1000 * i) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    answers.push(ask(nth(i), agent).then(() => performance.now() - due));
  }
  const times = await Promise.all(answers);
  agent.destroy();
  return times.sort((a, b) => a - b);
}

/** The body of an answer. @throws Error for one that is no success */
export function ask({ url, method = "GET", headers = {}, body }: Asked, agent?: Agent): Promise<string> {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers: { ...json, ...headers }, ...(agent && { agent }) }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.once("error", reject).once("end", () => {
        if (answer.statusCode === 200 || answer.statusCode === 201) resolve(text);
        else reject(new Error(`${method} ${url}: ${answer.statusCode} ${text.slice(0, 300)}`));
      });
    });
    req.once("error", reject).end(body);
  });
}

/** @param of sorted */
export const quantile = (of: readonly number[], part: number): number => of[Math.floor(part * (of.length - 1))] ?? NaN;
