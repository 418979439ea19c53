import type { RunEvent } from "./events.js";
import { RunLog, type LogFields, type LogLevel, type LogRecord } from "./logs.js";
import type { RunFolder } from "../home/run-folder.js";

type Entry = readonly [level: LogLevel, message: string, fields: Omit<LogFields, "event">];

export interface ReporterContext {
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Called with each record of the run's log. */
  readonly onLog?: ((record: LogRecord) => void) | undefined;
}

/** Tells a run's events to who listens, and writes all but progress into its log. */
export class Reporter {
  readonly #log: RunLog;
  readonly #followers: ((event: RunEvent) => void)[] = [];

  constructor(
    folder: RunFolder,
    readonly context: ReporterContext,
    readonly assertOwned: () => void,
  ) {
    this.#log = new RunLog(folder.logs, folder.id);
  }

  /** Calls a function with each event once it is told. */
  follow(follower: (event: RunEvent) => void): void {
    this.#followers.push(follower);
  }

  readonly emit = (event: RunEvent): void => {
    const entry = entryOf(event);
    if (entry !== null) {
      this.assertOwned();
      const [level, message, fields] = entry;
      const record = { level, message, fields: { event: `run_${event.type}`, ...fields } };
      this.#log.write(record);
      this.context.onLog?.(record);
    }
    this.context.onEvent?.(event);
    for (const follow of this.#followers) follow(event);
  };

  /** Tells that the run has failed. The log may be what failed, on a full disk, or be another's: it must not hide that. */
  fail(event: RunEvent & { readonly type: "failed" }): void {
    try {
      this.emit(event);
    } catch {
      this.context.onEvent?.(event);
    }
  }

  warn(message: string): void {
    this.emit({ type: "warning", message });
  }
}

function entryOf(event: RunEvent): Entry | null {
  switch (event.type) {
    case "config": {
      const message = event.fromStep === 0 ? "run started" : `run resumed from step ${event.fromStep}`;
      return ["INFO", message, { model_family: event.modelFamily, model_size: event.modelSize }];
    }
    case "tokenizer":
      return event.phase === "ready" ? ["INFO", "tokenizer ready", { tokenizer_id: event.tokenizerId }] : null;
    case "data":
      return event.phase === "ready" ? ["INFO", "data ready", { size: event.counts.train.tokens }] : null;
    case "batch":
      return ["INFO", "batch size found", { size: event.batchSize }];
    case "teacher":
      return ["INFO", "the teacher's answers are kept", { size: event.bytes }];
    case "start":
      return [
        "INFO",
        `training ${event.parameters} parameters for ${event.totalSteps} steps`,
        { steps: event.totalSteps },
      ];
    case "step":
      return ["INFO", "step", { steps: event.step, ...lossFields(event), ...paceFields(event) }];
    case "eval": {
      const { split, step: steps, bitsPerByte } = event;
      const bits = bitsPerByte === null ? {} : { bits_per_byte: bitsPerByte };
      return ["INFO", `${split} evaluated`, { split, steps, ...lossFields(event), ...bits }];
    }
    case "checkpoint":
      return ["INFO", "checkpoint saved", { steps: event.step, path: event.path, size: event.bytes }];
    case "sample":
      return ["INFO", "samples written", { steps: event.step, elapsed_seconds: event.seconds }];
    case "evaluating":
      return null;
    case "profile":
      return ["INFO", "steps profiled", { steps: event.profile.steps }];
    case "warning":
      return ["WARNING", event.message, {}];
    case "completed":
    case "interrupted": {
      const { steps, seconds, status } = event.result;
      return ["INFO", `run ${event.type}`, { steps, status, elapsed_seconds: seconds }];
    }
    case "failed":
      return ["ERROR", event.message, { error_code: event.code, reason: event.failureClass, status: "failed" }];
  }
}

const lossFields = ({ loss, ppl }: { readonly loss: number; readonly ppl: number }) => ({
  loss,
  perplexity: ppl,
});

const paceFields = ({ lr, gradNorm, tokensPerSec }: RunEvent & { readonly type: "step" }) => ({
  lr,
  grad_norm: gradNorm,
  tokens_per_sec: tokensPerSec,
});
