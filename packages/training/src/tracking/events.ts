import { bytesField, doubleField, floatField, intField, message } from "./protobuf.js";

/** A value of a plugin's own has a kind, by which TensorBoard reads it: tensors. */
const TENSOR_CLASS = 2;
const DT_FLOAT = 1;
const DT_STRING = 7;
const SESSION_START = 1;
const STATUS = { completed: 1, failed: 2 } as const;

/** Place of an event: seconds since 1970, and x. */
export interface EventPlace {
  readonly wallTime: number;
  readonly step: number;
}

/** The first event of a file. */
export const versionEvent = (wallTime: number): Buffer =>
  message(doubleField(1, wallTime), bytesField(3, "brain.Event:2"));

/** What was at this step and after it is void: a run begins or goes on here. */
export const startEvent = (place: EventPlace): Buffer =>
  message(at(place), bytesField(7, message(intField(1, SESSION_START))));

export const scalarsEvent = (place: EventPlace, scalars: ReadonlyMap<string, number>): Buffer =>
  summaryEvent(
    place,
    [...scalars].map(([tag, value]) => message(bytesField(1, tag), floatField(2, value))),
  );

/** @param rows a text each, as Markdown */
export const textEvent = (place: EventPlace, tag: string, rows: readonly string[]): Buffer => {
  const shape = bytesField(2, message(intField(1, rows.length)));
  const strings = rows.map((text) => bytesField(8, text));
  return summaryEvent(place, [
    ofPlugin("text", tag, message(), [intField(1, DT_STRING), bytesField(2, shape), ...strings]),
  ]);
};

export interface SessionStart {
  readonly hparams: ReadonlyMap<string, number | string | boolean>;
  readonly groupName: string;
  /** Seconds since 1970. */
  readonly startTime: number;
}

export const hparamsEvent = (place: EventPlace, { hparams, groupName, startTime }: SessionStart): Buffer => {
  const entries = [...hparams].map(([name, value]) =>
    bytesField(1, message(bytesField(1, name), bytesField(2, valueMessage(value)))),
  );
  const start = message(...entries, bytesField(4, groupName), doubleField(5, startTime));
  return summaryEvent(place, [ofHparams("session_start_info", bytesField(3, start))]);
};

/** How a run ended. */
export const endEvent = (place: EventPlace, status: keyof typeof STATUS): Buffer => {
  const end = message(intField(1, STATUS[status]), doubleField(2, place.wallTime));
  return summaryEvent(place, [ofHparams("session_end_info", bytesField(4, end))]);
};

const at = ({ wallTime, step }: EventPlace): Buffer => message(doubleField(1, wallTime), intField(2, step));

const summaryEvent = (place: EventPlace, values: readonly Buffer[]): Buffer =>
  message(at(place), bytesField(5, message(...values.map((value) => bytesField(1, value)))));

const ofHparams = (name: string, content: Buffer): Buffer =>
  ofPlugin("hparams", `_hparams_/${name}`, content, [intField(1, DT_FLOAT), bytesField(2, "")]);

function ofPlugin(plugin: string, tag: string, content: Buffer, tensor: readonly Buffer[]): Buffer {
  const data = bytesField(1, message(bytesField(1, plugin), bytesField(2, content)));
  const metadata = message(data, intField(4, TENSOR_CLASS));
  return message(bytesField(1, tag), bytesField(8, message(...tensor)), bytesField(9, metadata));
}

/** `google.protobuf.Value`. */
function valueMessage(value: number | string | boolean): Buffer {
  if (typeof value === "number") return doubleField(2, value);
  return typeof value === "string" ? bytesField(3, value) : intField(4, Number(value));
}
