/** One line of `trainer doctor`. */
export interface Check {
  readonly name: string;
  /** missing: the trainer works, something else does not; failed: the trainer does not work. */
  readonly status: "ok" | "missing" | "failed";
  /** The finding. */
  readonly value: string;
  /** Cost of a failure and its remedy; null when all is well. */
  readonly fix: string | null;
}

export const ok = (name: string, value: string): Check => ({ name, status: "ok", value, fix: null });
