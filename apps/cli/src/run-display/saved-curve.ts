import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Point } from "../display/curve.js";

const Line = z.union([
  z
    .object({ step: z.int(), train_loss: z.number() })
    .transform(({ step, train_loss: loss }) => ({ split: "train", step, loss })),
  z.object({ step: z.int(), split: z.string(), loss: z.number() }),
]);

/** The losses that a run has written to its `metrics.jsonl`; none when there is no such file yet. */
export async function savedCurve(path: string): Promise<{ trainPoints: Point[]; validationPoints: Point[] }> {
  const text = await readFile(path, "utf8").catch(() => "");
  const points = text.split("\n").flatMap((line) => parse(line));
  return {
    trainPoints: points.filter(({ split }) => split === "train"),
    validationPoints: points.filter(({ split }) => split === "validation"),
  };
}

/** A line that is torn or of another kind is nobody's loss. */
function parse(line: string): z.output<typeof Line>[] {
  try {
    const result = Line.safeParse(JSON.parse(line));
    return result.success ? [result.data] : [];
  } catch {
    return [];
  }
}
