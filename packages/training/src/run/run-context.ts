import type { FetchContext } from "../home/data-bank.js";
import type { FileLock } from "../home/file-lock.js";
import type { ManifestFile } from "../home/manifest-file.js";
import type { RunFolder } from "../home/run-folder.js";
import type { RunOptions } from "../options/options.js";
import type { Compute } from "../step/precision.js";
import type { queueStep } from "../step/step.js";
import type { StepDone } from "./events.js";
import type { ReporterContext } from "./reporter.js";
import type { RunCorpus } from "../bins/run-corpus.js";

/** Home of the runs, listeners of this one, and its signal. */
export interface RunContext extends FetchContext, ReporterContext {
  /** The folder that holds all state. */
  readonly home: string;
  /** Parent folder of fetched corpora; the home by default. */
  readonly dataRoot?: string | undefined;
  /** Aborted, the run finishes its step, saves itself and resolves as interrupted. */
  readonly signal?: AbortSignal | undefined;
  /** Number of steps to profile; 0 by default. */
  readonly profileSteps?: number;
  /** Takes a step: on a GPU it is queued, and its result read later. */
  readonly queueStep?: typeof queueStep;
  /** Called with every step, logged or not. */
  readonly onStep?: (step: StepDone) => void;
  /**
   * Where whoever runs trainings may begin one again that is still going on elsewhere: a number that grows each time. A
   * process with a lower one writes nothing more, and its lock is no hindrance where nobody can see whether it lives.
   */
  readonly fence?: number;
}

/** State of a run in one process, from its beginning or its newest checkpoint on. */
export interface Session {
  readonly options: RunOptions;
  readonly compute: Compute;
  readonly folder: RunFolder;
  readonly manifest: ManifestFile;
  readonly context: RunContext;
  readonly lock: FileLock;
  readonly corpus: RunCorpus;
}
