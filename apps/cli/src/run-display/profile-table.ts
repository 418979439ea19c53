import type { StepProfile } from "@trainer/training";
import { formatCount } from "../display/quantity.js";
import { table } from "../display/table.js";
import { kernelRows } from "./kernel-rows.js";

type Row = Omit<StepProfile["operators"][number], "shape">;

/** Operators that get a row of their own. */
const SHOWN = 16;

/**
 * Time of a step by operator, and its distance from the machine's limits: an operator's roofline is the least time of
 * its arithmetic or of its memory traffic, whichever is longer. On a GPU it is the GPU's time.
 */
export function profileTable(profile: StepProfile): string {
  const { device, operators } = profile;
  const columns = columnsOf(profile);
  const rows = byName(operators, columns.time);
  const [shown, others] = [rows.slice(0, SHOWN), rows.slice(SHOWN)];
  const rest = others.length === 0 ? [] : [sum("other operators", others)];
  const body = [...shown, ...rest].map((row) => [row.name].concat(columns.cells.map(([, cell]) => cell(row))));
  const head = ["operator", ...columns.cells.map(([title]) => title)];
  const right = columns.cells.map((_, i) => i + 1);
  const kernels = device === null ? [] : kernelRows(device);
  return [
    ...summary(profile, rows, columns),
    ...table([head, ...body], right).map((line) => `  ${line}`),
    ...table(kernels, [1, 2, 3]).map((line) => `  ${line}`),
  ].join("\n");
}

interface Columns {
  /** The time that counts: the GPU's where it was seen. */
  readonly time: (row: Row) => number;
  readonly least: (row: Row) => number;
  readonly cells: readonly [title: string, cell: (row: Row) => string][];
}

function columnsOf({ device, stepMs, limits }: StepProfile): Columns {
  const time = device === null ? ({ ms }: Row) => ms : ({ deviceMs }: Row) => deviceMs;
  const least = ({ flops, bytes }: Row) =>
    limits === null ? 0 : 1000 * Math.max(flops / limits.flopsPerSecond, bytes / limits.bytesPerSecond);
  const [unit, perMs] = flopUnit(device);
  // Views and the like are done in no time of a GPU's, and without limits times are those of handing work over.
  const rate = (row: Row, what: number, digits: number) =>
    limits === null || what === 0 || time(row) === 0 ? "" : (what / time(row)).toFixed(digits);
  const calls: Columns["cells"] = [["calls", (row) => formatCount(row.calls)]];
  const times: Columns["cells"] =
    device === null
      ? [["ms", (row) => row.ms.toFixed(2)]]
      : [
          ["kernels", (row) => formatCount(row.kernels)],
          ["CPU ms", (row) => row.ms.toFixed(2)],
          ["GPU ms", (row) => row.deviceMs.toFixed(2)],
        ];
  return {
    time,
    least,
    cells: [
      ...calls,
      ...times,
      ["of step", (row) => share(time(row), stepMs)],
      [unit, (row) => rate(row, row.flops / perMs, 0)],
      ["GB/s", (row) => rate(row, row.bytes / 1e6, 1)],
      ["of roofline", (row) => (rate(row, least(row), 0) === "" ? "" : share(least(row), time(row)))],
    ],
  };
}

function summary(profile: StepProfile, rows: readonly Row[], { time, least }: Columns): string[] {
  const { steps, stepMs, dataMs, device, unseen, limits } = profile;
  const spent =
    device === null
      ? `${share(total(rows, time), stepMs)} in operators`
      : `the GPU is busy for ${device.busyMs.toFixed(1)} ms of it (${share(device.busyMs, stepMs)})`;
  const lines = [
    `profile    ${formatCount(steps)} steps of ${stepMs.toFixed(1)} ms: ${spent}, ${share(dataMs, stepMs)} in making batches`,
  ];
  if (device !== null) {
    const { launches, launchMs, syncMs } = device;
    lines.push(
      `launches   ${formatCount(launches)} in ${launchMs.toFixed(1)} ms; ${syncMs.toFixed(1)} ms in waiting for the GPU`,
    );
  }
  if (unseen !== null) lines.push(`GPU        its times are not known (${unseen}); these are of handing it work`);
  if (limits !== null) {
    const [unit, perMs] = flopUnit(device);
    const most = `${(limits.flopsPerSecond / perMs / 1000).toFixed(0)} ${unit} in matrix products and ${(limits.bytesPerSecond / 1e9).toFixed(0)} GB/s with memory`;
    lines.push(`machine    ${most} at most; all operators together reach ${share(total(rows, least), stepMs)} of that`);
  }
  return lines;
}

const flopUnit = (device: StepProfile["device"]): [unit: string, perMs: number] =>
  device === null ? ["GFLOP/s", 1e6] : ["TFLOP/s", 1e9];

/** Products of all shapes are one row. */
function byName(operators: StepProfile["operators"], time: (row: Row) => number): Row[] {
  const names = [...new Set(operators.map(({ name }) => name))];
  return names
    .map((name) =>
      sum(
        readable(name),
        operators.filter((operator) => operator.name === name),
      ),
    )
    .toSorted((a, b) => time(b) - time(a) || b.ms - a.ms);
}

const sum = (name: string, rows: readonly Omit<Row, "name">[]): Row => ({
  name,
  calls: total(rows, ({ calls }) => calls),
  ms: total(rows, ({ ms }) => ms),
  flops: total(rows, ({ flops }) => flops),
  bytes: total(rows, ({ bytes }) => bytes),
  deviceMs: total(rows, ({ deviceMs }) => deviceMs),
  kernels: total(rows, ({ kernels }) => kernels),
});

const total = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((sum, row) => sum + of(row), 0);

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** `torch::autograd::CppNode<trainer::(anonymous namespace)::GeluMlp>` is the gradient of GeluMlp. */
function readable(name: string): string {
  if (name === "trainer::product") return "matrix products";
  const last = /(?<!\w)(\w+)>$/.exec(name)?.[1];
  return last === undefined || !name.includes("CppNode<") ? name : `${last} (gradient)`;
}
