import { createReadStream } from "node:fs";
import { isErrno } from "@trainer/disk";
import { z } from "zod";
import type { Point } from "../display/curve.js";
import { Series } from "../display/series.js";
import { readLines } from "../process/read-lines.js";

const Line = z.union([
  z.object({ step: z.int(), train_loss: z.number() }),
  z.object({ step: z.int(), split: z.literal("validation"), loss: z.number() }),
]);

/** The losses that a run has written to its `metrics.jsonl`; none when there is no such file yet. */
export async function savedCurve(
  path: string,
): Promise<{ trainPoints: readonly Point[]; validationPoints: readonly Point[] }> {
  const train = new Series();
  const validation = new Series();
  try {
    for await (const text of readLines(createReadStream(path))) {
      const line = parse(text);
      if (line === null) continue;
      if ("loss" in line) validation.push(line);
      else train.push({ step: line.step, loss: line.train_loss });
    }
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return { trainPoints: train.points, validationPoints: validation.points };
}

/** A line that is torn or of another kind is nobody's loss. */
function parse(text: string): z.output<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
