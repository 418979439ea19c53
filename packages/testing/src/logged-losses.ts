import { readFileSync } from "node:fs";
import { z } from "zod";

const Line = z.object({ step: z.int(), tokens: z.int(), train_loss: z.number().optional() });

/** Steps whose loss a run has logged in its metrics, in their order. */
export const loggedLosses = (metrics: string) =>
  readFileSync(metrics, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)))
    .flatMap(({ step, tokens, train_loss: loss }) => (loss === undefined ? [] : [{ step, tokens, loss }]));
