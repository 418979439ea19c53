import * as F from "../functional.js";
import { normal } from "../init.js";
import type { Params } from "../params.js";
import type { Quantizable } from "./adaptable.js";
import type { Tensor } from "../tensor.js";

export interface Embedding {
  (indices: Tensor): Tensor; // (...) int64 -> (..., dim)
  readonly weight: Tensor; // (numEmbeddings, dim)
}

/** A table of vectors, drawn from N(0, std²). */
export function embedding(p: Params, numEmbeddings: number, dim: number, options: { std?: number } = {}): Embedding {
  const weight = p.param("weight", [numEmbeddings, dim], normal(options.std ?? 0.02));
  const table: Quantizable = { weight, inOut: false, quantized: null };
  p.registerTable(table);
  const rows = (indices: Tensor) => table.quantized?.rows(indices) ?? F.embedding(weight, indices);
  return Object.assign(rows, { weight });
}
