import { MINIMA } from "./sketch.js";

/** Recall that bands have at the least similarity that is looked for. */
const RECALL = 0.99;

/** How minima are cut into bands: documents that agree in all rows of one are compared. */
export interface Bands {
  readonly count: number;
  readonly rows: number;
}

/**
 * Chance that documents of a similarity share a band of r rows, of b: 1 - (1 - s^r)^b (Leskovec, Rajaraman, Ullman,
 * Mining of Massive Datasets, 3.4.2).
 */
export const chanceOf = (similarity: number, { count, rows }: Bands): number => 1 - (1 - similarity ** rows) ** count;

/** The bands with the most rows, and so the fewest comparisons, that find 99 of 100 documents of that similarity. */
export function bandsFor(similarity: number): Bands {
  let best: Bands = { count: MINIMA, rows: 1 };
  for (let rows = 2; rows <= MINIMA; rows++) {
    const bands = { count: Math.floor(MINIMA / rows), rows };
    if (chanceOf(similarity, bands) >= RECALL) best = bands;
  }
  return best;
}
