import { z } from "zod";

/** The file that makes a folder a checkpoint: written last, it lists the others with their hashes. */
export const COMMIT = "COMMIT";

export const MODEL_FILE = "model.safetensors";
export const OPTIMIZER_FILE = "optimizer.safetensors";
export const STATE_FILE = "state.json";

const committed = <Name extends string>(name: Name) =>
  z.strictObject({ name: z.literal(name), bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const CommitManifest = z.strictObject({
  version: z.literal(1),
  step: z.int().min(0),
  created_at: z.iso.datetime(),
  files: z.tuple([committed(MODEL_FILE), committed(OPTIMIZER_FILE), committed(STATE_FILE)]),
});
export type CommitManifest = z.infer<typeof CommitManifest>;

/** Folders begun under this prefix are not yet, or never became, checkpoints. */
export const TEMPORARY = ".tmp-";

export interface CheckpointName {
  readonly name: string;
  readonly step: number;
  /** A step is saved again when more is known of it (its validation); the higher revision holds. */
  readonly revision: number;
}

export const checkpointName = (step: number, revision: number): string =>
  `step-${String(step).padStart(8, "0")}${revision === 0 ? "" : `.${revision}`}`;

const NAME = /^step-(\d{8,})(?:\.(\d+))?$/;

/** Parses a folder's name; null for what is no checkpoint. */
export function parseCheckpointName(name: string): CheckpointName | null {
  const match = NAME.exec(name);
  return match === null ? null : { name, step: Number(match[1]), revision: Number(match[2] ?? 0) };
}
