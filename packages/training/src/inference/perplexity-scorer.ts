import { setImmediate } from "node:timers/promises";
import { frameOf } from "./begin.js";
import type { OpenModel } from "./open-model.js";
import { scoreWindows } from "./score.js";

/**
 * A function that gives the perplexity of a text's start: of as many tokens as the model reads at once, in one pass. Null:
 * there are fewer than two.
 */
export function perplexityScorer(opened: OpenModel): (text: string) => Promise<number | null> {
  const { before } = frameOf(opened, "auto");
  return async (text) => {
    const ids = Int32Array.from([...before, ...opened.tokenizer.encode(text)].slice(0, opened.contextLength + 1));
    if (ids.length < 2) return null;
    const { nats } = scoreWindows(opened, ids, [{ start: 0, from: 0, end: ids.length - 1 }], null);
    await setImmediate(); // lets signals in
    return Math.exp(nats.reduce((sum, each) => sum + each, 0) / nats.length);
  };
}
