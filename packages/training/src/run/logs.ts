import { appendFileSync } from "node:fs";
import { hostname } from "node:os";

export type LogLevel = "INFO" | "WARNING" | "ERROR";

/** Further fields of a record beside its message. */
export interface LogFields {
  readonly event: string;
  readonly category?: string;
  readonly error_code?: string;
  readonly path?: string;
  readonly split?: string;
  readonly status?: string;
  readonly loss?: number;
  readonly perplexity?: number;
  readonly bits_per_byte?: number;
  readonly lr?: number;
  readonly grad_norm?: number;
  readonly tokens_per_sec?: number;
  readonly steps?: number;
  readonly reason?: string;
  readonly size?: number;
  readonly elapsed_seconds?: number;
  readonly tokenizer_id?: string;
  readonly model_family?: string;
  readonly model_size?: string;
}

/** A log record without time and place. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A run's `logs.jsonl`: one record a line, only ever appended to, also over interruptions. */
export class RunLog {
  readonly #static: { readonly service: string; readonly instance_id: string };

  constructor(
    readonly path: string,
    readonly runId: string,
  ) {
    this.#static = { service: "model-trainer", instance_id: `${hostname().split(".")[0]}-${process.pid}` };
  }

  write({ level, message, fields }: LogRecord): void {
    const timestamp = new Date().toISOString().slice(0, 19);
    const head = { timestamp, level, logger: "trainer.run", message };
    appendFileSync(this.path, `${JSON.stringify({ ...head, ...fields, run_id: this.runId, ...this.#static })}\n`);
  }
}
