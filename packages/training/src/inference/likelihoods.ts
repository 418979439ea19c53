import { setImmediate } from "node:timers/promises";
import { at } from "@trainer/disk";
import { logitsOf } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { checkFinite } from "./check-finite.js";
import { expectedTokens, type ExpectedToken } from "./expected-token.js";
import type { WritingModel } from "./writing-model.js";

/** What the model expects of a text of T tokens, which is no longer than its context. */
export interface Likelihood {
  /** The T - 1 tokens after the first. */
  readonly tokens: readonly ExpectedToken[];
  /** Logits (V) of what follows the last. */
  readonly next: Float32Array;
}

/** Tokens that are read at a time, the padding of shorter texts counted: others wait as long for their next token. */
const TOKENS = 512;
/** The most logits held at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;

/**
 * The likelihoods of several texts, read side by side, those of like length together.
 * @param k number of the likeliest tokens to tell at each place
 */
export async function likelihoods(
  opened: WritingModel,
  texts: readonly (readonly number[])[],
  k: number,
  signal?: AbortSignal,
): Promise<Likelihood[]> {
  const found: Likelihood[] = [];
  for (const group of groupsOf(texts)) {
    signal?.throwIfAborted();
    const read = readTogether(
      opened,
      group.map((i) => at(texts, i)),
      k,
    );
    for (const [i, likelihood] of read.entries()) found[at(group, i)] = likelihood;
    await setImmediate();
  }
  return found;
}

/** Numbers of the texts that are read together, the longest first. */
function groupsOf(texts: readonly (readonly number[])[]): number[][] {
  const longestFirst = [...texts.keys()].toSorted((a, b) => at(texts, b).length - at(texts, a).length);
  const groups: number[][] = [];
  for (const i of longestFirst) {
    const group = groups.at(-1);
    const isRoomy = group && (group.length + 1) * at(texts, at(group, 0)).length <= TOKENS;
    if (isRoomy) group.push(i);
    else groups.push([i]);
  }
  return groups;
}

function readTogether(opened: WritingModel, texts: readonly (readonly number[])[], k: number): Likelihood[] {
  const { model } = opened;
  const width = at(texts, 0).length;
  // No token looks at those after it: what pads a text changes nothing before it.
  const padded = texts.flatMap((ids) => [...ids, ...Array.from({ length: width - ids.length }, () => 0)]);
  return scope(() =>
    noGrad(() => {
      const input = tensor(padded, [texts.length, width], { dtype: "int64", device: model.head.device });
      const hidden = model.hidden(input, { training: false }); // (B, T, C)
      return texts.map((ids, row) => expectations(opened, hidden.select(0, row).narrow(0, 0, ids.length), ids, k));
    }),
  );
}

/** By the hidden states of a text, (T, C); logits are made some rows at a time. */
function expectations(opened: WritingModel, hidden: Tensor, ids: readonly number[], k: number): Likelihood {
  const logitsFrom = (row: number, count: number) => logitsOf(opened.model, hidden.narrow(0, row, count)).to("float32");
  const after = logitsFrom(ids.length - 1, 1); // (1, V)
  checkFinite(after);
  const step = Math.max(1, Math.floor(LOGITS / opened.model.vocabSize));
  const starts = Array.from({ length: Math.ceil((ids.length - 1) / step) }, (_, i) => i * step);
  const tokens = starts.flatMap((row) =>
    scope(() => {
      const following = ids.slice(row + 1, row + 1 + step);
      return expectedTokens(logitsFrom(row, following.length), following, k, opened);
    }),
  );
  return { tokens, next: Float32Array.from(after.data(), Number) };
}
