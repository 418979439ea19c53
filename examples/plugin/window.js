/**
 * @import { Cache, Network } from "@trainer/models"
 * @import { Params, Tensor } from "@trainer/torch"
 * @import { WindowConfig } from "./window-spec.js"
 */
import { cat, keep, nn, zeros } from "@trainer/torch";

const { embedding, linear } = nn;

/**
 * The next token from the embeddings of the last few, side by side, and a hidden layer (Bengio et al. 2003).
 *
 * @param {Params} params
 * @param {WindowConfig} c
 * @returns {Network}
 */
export function network(params, c) {
  const embed = embedding(params.at("embed"), c.vocabSize, c.width);
  const mix = linear(params.at("mix"), c.window * c.width, c.width);
  const { device, dtype } = embed.weight;
  return {
    vocabSize: c.vocabSize,
    contextLength: c.contextLength,
    head: embed.weight, // (V, C)
    headBias: null,
    hidden(ids, { cache }) {
      const [batch, length] = [ids.size(0), ids.size(1)];
      const tail = cache === undefined ? undefined : Tail.of(cache);
      const before = tail?.embeddings ?? zeros([batch, c.window - 1, c.width], { device, dtype });
      const all = cat([before, embed(ids)], 1); // (B, W - 1 + T, C)
      const windows = Array.from({ length: c.window }, (_, i) => all.narrow(1, i, length));
      tail?.remember(all.narrow(1, length, c.window - 1), length);
      return mix(cat(windows, -1)).tanh(); // (B, T, C)
    },
    newCache: (batch, capacity = c.contextLength) =>
      new Tail(zeros([batch, c.window - 1, c.width], { device, dtype }), capacity),
  };
}

/**
 * The embeddings of the last tokens, (B, W - 1, C): all that the next one depends on.
 *
 * @implements {Cache}
 */
class Tail {
  length = 0;

  /**
   * @param {Tensor} embeddings
   * @param {number} capacity
   */
  constructor(embeddings, capacity) {
    this.embeddings = keep(embeddings);
    this.batch = embeddings.size(0);
    this.capacity = capacity;
  }

  /** @param {Cache} cache */
  static of(cache) {
    if (cache instanceof Tail) return cache;
    throw new TypeError("the cache given was made by a model of another kind");
  }

  /**
   * @param {Tensor} embeddings
   * @param {number} tokens
   */
  remember(embeddings, tokens) {
    this.embeddings.copy_(embeddings.detach());
    this.length += tokens;
  }

  /** @param {number} length */
  truncate(length) {
    if (length >= this.length) return this.length;
    this.embeddings.zero_(); // what lay before is gone: all or nothing
    return (this.length = 0);
  }

  /**
   * @param {number} row
   * @param {Cache} from
   * @param {number} fromRow
   */
  copyRow(row, from, fromRow) {
    const source = Tail.of(from);
    this.embeddings.select(0, row).copy_(source.embeddings.select(0, fromRow));
    this.length = source.length;
  }

  dispose() {
    this.embeddings.dispose();
  }

  [Symbol.dispose]() {
    this.dispose();
  }
}
