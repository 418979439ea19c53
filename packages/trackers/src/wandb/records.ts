import { bytesField, intField, message } from "@trainer/training/files";

// Messages of W&B's `wandb_internal.proto`, as far as a run has them. Values are JSON texts.

/** The oldest reader that knows all fields of these messages, as W&B 0.31 writes it. */
const OLDEST_READER = "0.70.0";

/** One thing that is said of a run: a field of `Record`. */
export type RecordOf = (number: number) => Buffer;

const recordOf =
  (field: number, content: Buffer): RecordOf =>
  (number) =>
    message(intField(1, number), bytesField(field, content));

export const headerRecord = (producer: string): RecordOf =>
  recordOf(21, bytesField(1, message(bytesField(1, producer), bytesField(2, OLDEST_READER))));

export interface RunFields {
  readonly id: string;
  readonly entity: string | null;
  readonly project: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** In milliseconds since 1970. */
  readonly startTime: number;
}

export const runRecord = ({ id, entity, project, name, config, startTime }: RunFields): RecordOf =>
  recordOf(
    17,
    message(
      bytesField(1, id),
      ...(entity === null ? [] : [bytesField(2, entity)]),
      bytesField(3, project),
      bytesField(4, items(1, Object.entries(config))),
      bytesField(8, name),
      bytesField(17, timestamp(startTime)),
    ),
  );

export const historyRecord = (step: number, values: ReadonlyMap<string, number>): RecordOf =>
  recordOf(2, message(items(1, [...values]), bytesField(2, intField(1, step))));

/** What stands in the table of runs. */
export const summaryRecord = (values: ReadonlyMap<string, number>): RecordOf => recordOf(3, items(1, [...values]));

export const exitRecord = (code: number, runtimeSeconds: number): RecordOf =>
  recordOf(18, message(intField(1, code), intField(2, Math.floor(runtimeSeconds))));

const items = (field: number, entries: readonly (readonly [key: string, value: unknown])[]): Buffer =>
  message(
    ...entries.map(([key, value]) =>
      bytesField(field, message(bytesField(1, key), bytesField(16, JSON.stringify(value)))),
    ),
  );

const timestamp = (ms: number): Buffer => message(intField(1, Math.floor(ms / 1000)), intField(2, (ms % 1000) * 1e6));
