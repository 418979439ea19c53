import { setImmediate } from "node:timers/promises";
import { at } from "@trainer/disk";
import { logitsOf } from "@trainer/models";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { checkFinite } from "./check-finite.js";
import { expectedTokens, type ExpectedToken } from "./expected-token.js";
import { forestsOf, type TextForest } from "./text-forest.js";
import type { WritingModel } from "./writing-model.js";

/** Tokens that are read at a time, the padding of shorter ones counted: others wait as long for their next token. */
const TOKENS = 512;
/** The most logits held at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;

/** Called with the logits (V) of what follows a text, which are valid during the call. */
type OnNext = (text: number, logits: Tensor) => void;

/**
 * What the model expects of the T - 1 tokens after the first of each text of T, none of them longer than its context. They
 * are read side by side, and what several of them begin with is read once.
 * @param k number of the likeliest tokens to tell at each place
 */
export async function likelihoods(
  opened: WritingModel,
  texts: readonly (readonly number[])[],
  k: number,
  { signal, onNext = () => {} }: { readonly signal?: AbortSignal | undefined; readonly onNext?: OnNext } = {},
): Promise<ExpectedToken[][]> {
  const found: ExpectedToken[][] = texts.map(() => []);
  const branch = opened.model.newPages !== undefined; // it looks up where each token is
  for (const group of groupsOf(forestsOf(texts, TOKENS, branch))) {
    signal?.throwIfAborted();
    const read = readTogether(opened, group, { k, onNext });
    for (const [i, { paths }] of group.entries()) {
      const expected = at(read, i);
      for (const [text, path] of paths) found[text] = path.slice(1).map((token) => at(expected, token));
    }
    await setImmediate();
  }
  return found;
}

/** Those that are read together, the longest first. */
function groupsOf(forests: readonly TextForest[]): TextForest[][] {
  const groups: TextForest[][] = [];
  for (const forest of forests.toSorted((a, b) => b.ids.length - a.ids.length)) {
    const group = groups.at(-1);
    const isRoomy = group && (group.length + 1) * at(group, 0).ids.length <= TOKENS;
    if (isRoomy) group.push(forest);
    else groups.push([forest]);
  }
  return groups;
}

interface Wanted {
  readonly k: number;
  readonly onNext: OnNext;
}

/** What was expected of a forest's tokens, by their numbers; of what stands first in a text, nothing. */
type Expected = ExpectedToken[];

function readTogether(opened: WritingModel, forests: readonly TextForest[], wanted: Wanted): Expected[] {
  const { model } = opened;
  const width = at(forests, 0).ids.length;
  const int64 = { dtype: "int64", device: model.head.device } as const;
  // No token looks at those after it: what pads a text changes nothing before it.
  const padded = (ids: readonly number[]) => [...ids, ...Array.from({ length: width - ids.length }, () => 0)];
  const rows = (of: (forest: TextForest) => readonly number[]) =>
    tensor(
      forests.flatMap((forest) => padded(of(forest))),
      [forests.length, width],
      int64,
    );
  return scope(() =>
    noGrad(() => {
      const documents = forests.some(({ branches }) => branches)
        ? { positions: rows(({ depths }) => depths), mask: masksOf(forests, width, int64.device), isTree: true }
        : undefined;
      const hidden = model.hidden(
        rows(({ ids }) => ids),
        { training: false, documents },
      ); // (B, T, C)
      const read = forests.map(({ ids }, row) => hidden.select(0, row).narrow(0, 0, ids.length));
      return expectations(opened, cat(read, 0), forests, wanted);
    }),
  );
}

/** (B, 1, T, T) */
function masksOf(forests: readonly TextForest[], width: number, device: Tensor["device"]): Tensor {
  const masks = new Uint8Array(forests.length * width * width);
  for (const [i, forest] of forests.entries()) masks.set(forest.mask(width), i * width * width);
  return tensor(masks, [forests.length, 1, width, width], { dtype: "bool", device });
}

/** A token of a forest, with those that follow it and the texts that end with it. */
interface Branch {
  readonly forest: number;
  readonly next: number[];
  readonly ends: number[];
}

function branchesOf({ parents, paths }: TextForest, forest: number): Branch[] {
  const branches = parents.map((): Branch => ({ forest, next: [], ends: [] }));
  for (const [token, parent] of parents.entries()) if (parent >= 0) at(branches, parent).next.push(token);
  for (const [text, path] of paths) at(branches, at(path, path.length - 1)).ends.push(text);
  return branches;
}

/** By the hidden states of forests one after another, (N, C). Logits are made of many rows at a time: each reads the head. */
function expectations(
  opened: WritingModel,
  hidden: Tensor,
  forests: readonly TextForest[],
  { k, onNext }: Wanted,
): Expected[] {
  const { model } = opened;
  const all = forests.flatMap(branchesOf);
  const found = forests.map((): Expected => []);
  const step = Math.max(1, Math.floor(LOGITS / model.vocabSize));
  for (let from = 0; from < all.length; from += step) {
    scope(() => {
      const some = all.slice(from, from + step);
      const logits = logitsOf(model, hidden.narrow(0, from, some.length)).to("float32"); // (n, V)
      const ids = some.map(({ forest, next }) => next.map((token) => at(at(forests, forest).ids, token)));
      for (const [row, expected] of expectedTokens(logits, ids, k, opened).entries()) {
        const { forest, next, ends } = at(some, row);
        for (const [i, token] of next.entries()) at(found, forest)[token] = at(expected, i);
        if (ends.length > 0) checkFinite(logits.select(0, row));
        for (const text of ends) onNext(text, logits.select(0, row));
      }
    });
  }
  return found;
}
