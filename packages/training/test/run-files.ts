import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Line = z.object({
  step: z.int(),
  train_loss: z.number().optional(),
  split: z.string().optional(),
  loss: z.number().optional(),
});

/** Results of a run that must not depend on interruptions: every logged loss, and its weights. */
export function outcome(run: string): { losses: string[]; weights: string } {
  const losses = readFileSync(join(run, "metrics.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => Line.parse(JSON.parse(line)))
    .map(({ step, train_loss, split, loss }) => `${step} ${split ?? "train"} ${loss ?? train_loss}`);
  return { losses, weights: sha256(join(run, "model.safetensors")) };
}

export const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
