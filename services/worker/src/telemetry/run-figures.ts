import type { RunProgress } from "@trainer/platform";

/** A run in training, with its latest progress; null until there is some. */
export interface RunFigures {
  readonly runId: string;
  readonly progress: RunProgress | null;
}
