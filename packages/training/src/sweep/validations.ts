import { readFile } from "node:fs/promises";
import { unlessAbsent } from "@trainer/disk";
import { z } from "zod";

const Validation = z.object({
  split: z.literal("validation"),
  step: z.int(),
  tokens: z.int(),
  loss: z.number(),
  bits_per_byte: z.number().nullable(),
});

/** A validation of a trial. */
export interface TrialPoint {
  readonly step: number;
  readonly tokens: number;
  /** In nats a token. */
  readonly loss: number;
  /** Null where the text does not come back from its tokens. */
  readonly bitsPerByte: number | null;
}

/** The validations that a run has written to its `metrics.jsonl`, in order; none where there is no such file yet. */
export async function validationsOf(path: string): Promise<TrialPoint[]> {
  const text = (await unlessAbsent(readFile(path, "utf8"))) ?? "";
  const points = text.split("\n").flatMap((line) => {
    const { data } = Validation.safeParse(valueOf(line));
    return data === undefined ? [] : [data];
  });
  return points.map(({ step, tokens, loss, bits_per_byte: bitsPerByte }) => ({ step, tokens, loss, bitsPerByte }));
}

/** Bits a byte, or nats a token where these are not known; of none without end. */
export const bitsOf = (point: TrialPoint | null): number => point?.bitsPerByte ?? point?.loss ?? Infinity;

/** Null for a line that is torn. */
function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
