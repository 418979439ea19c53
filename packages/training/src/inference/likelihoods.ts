import { setImmediate } from "node:timers/promises";
import { at } from "@trainer/disk";
import { logitsOf } from "@trainer/models";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { checkFinite } from "./check-finite.js";
import { expectedTokens, type ExpectedToken } from "./expected-token.js";
import type { WritingModel } from "./writing-model.js";

/** Tokens that are read at a time, the padding of shorter texts counted: others wait as long for their next token. */
const TOKENS = 512;
/** The most logits held at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;

/** Called with the logits (V) of what follows a text, which are valid during the call. */
type OnNext = (text: number, logits: Tensor) => void;

/**
 * What the model expects of the T - 1 tokens after the first of each text of T, none of them longer than its context. They
 * are read side by side, those of like length together.
 * @param k number of the likeliest tokens to tell at each place
 */
export async function likelihoods(
  opened: WritingModel,
  texts: readonly (readonly number[])[],
  k: number,
  { signal, onNext = () => {} }: { readonly signal?: AbortSignal | undefined; readonly onNext?: OnNext } = {},
): Promise<ExpectedToken[][]> {
  const found: ExpectedToken[][] = texts.map(() => []);
  for (const group of groupsOf(texts)) {
    signal?.throwIfAborted();
    const read = readTogether(
      opened,
      group.map((i) => at(texts, i)),
      { k, onNext: (text, logits) => onNext(at(group, text), logits) },
    );
    for (const [i, tokens] of read.entries()) found[at(group, i)] = tokens;
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

interface Wanted {
  readonly k: number;
  readonly onNext: OnNext;
}

function readTogether(opened: WritingModel, texts: readonly (readonly number[])[], wanted: Wanted): ExpectedToken[][] {
  const { model } = opened;
  const width = at(texts, 0).length;
  // No token looks at those after it: what pads a text changes nothing before it.
  const padded = texts.flatMap((ids) => [...ids, ...Array.from({ length: width - ids.length }, () => 0)]);
  return scope(() =>
    noGrad(() => {
      const input = tensor(padded, [texts.length, width], { dtype: "int64", device: model.head.device });
      const hidden = model.hidden(input, { training: false }); // (B, T, C)
      const rows = texts.map((ids, row) => hidden.select(0, row).narrow(0, 0, ids.length));
      return expectations(opened, cat(rows, 0), texts, wanted);
    }),
  );
}

/** By the hidden states of texts one after another, (N, C). Logits are made of many rows at a time: each reads the head. */
function expectations(
  opened: WritingModel,
  hidden: Tensor,
  texts: readonly (readonly number[])[],
  { k, onNext }: Wanted,
): ExpectedToken[][] {
  const { model } = opened;
  // What follows each token, and in the place of what follows a text any id.
  const places = texts.flatMap((ids, text) =>
    ids.map((_, i) => ({ text, isLast: i === ids.length - 1, next: ids[i + 1] ?? 0 })),
  );
  const found: ExpectedToken[][] = texts.map(() => []);
  const step = Math.max(1, Math.floor(LOGITS / model.vocabSize));
  for (let from = 0; from < places.length; from += step) {
    scope(() => {
      const some = places.slice(from, from + step);
      const logits = logitsOf(model, hidden.narrow(0, from, some.length)).to("float32"); // (n, V)
      const ids = some.map(({ next }) => next);
      for (const [row, expected] of expectedTokens(logits, ids, k, opened).entries()) {
        const { text, isLast } = at(some, row);
        if (!isLast) at(found, text).push(expected);
        else {
          checkFinite(logits.select(0, row));
          onNext(text, logits.select(0, row));
        }
      }
    });
  }
  return found;
}
