import type { StepProfile } from "@trainer/training";
import { formatCount } from "../display/quantity.js";
import { table } from "../display/table.js";

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Operators that get a row of their own. */
const SHOWN = 16;

/**
 * Where the time of a step goes, and how near it is to what the machine can do: an operator's roofline is the time that
 * its arithmetic or its traffic with memory needs at least, whichever is longer.
 */
export function profileTable({ steps, stepMs, dataMs, operators, limits }: StepProfile): string {
  const rows = byName(operators);
  const least = ({ flops, bytes }: Row) =>
    1000 * Math.max(flops / limits.flopsPerSecond, bytes / limits.bytesPerSecond);
  const [shown, others] = [rows.slice(0, SHOWN), rows.slice(SHOWN)];
  const inOperators = total(rows, ({ ms }) => ms);
  const rest = others.length === 0 ? [] : [sum("other operators", others)];
  const body = [...shown, ...rest].map((row) => [
    row.name,
    formatCount(row.calls),
    row.ms.toFixed(2),
    share(row.ms, stepMs),
    row.flops === 0 ? "" : (row.flops / row.ms / 1e6).toFixed(0),
    row.bytes === 0 ? "" : (row.bytes / row.ms / 1e6).toFixed(1),
    least(row) === 0 ? "" : share(least(row), row.ms),
  ]);
  const head = ["operator", "calls", "ms", "of step", "GFLOP/s", "GB/s", "of roofline"];
  const machine = `${(limits.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s in matrix products and ${(limits.bytesPerSecond / 1e9).toFixed(0)} GB/s with memory`;
  return [
    `profile    ${formatCount(steps)} steps of ${stepMs.toFixed(1)} ms: ${share(inOperators, stepMs)} in operators, ${share(dataMs, stepMs)} in making batches`,
    `machine    ${machine} at most; all operators together reach ${share(total(rows, least), stepMs)} of that`,
    ...table([head, ...body], [1, 2, 3, 4, 5, 6]).map((line) => `  ${line}`),
  ].join("\n");
}

/** Products of all shapes are one row. */
function byName(operators: StepProfile["operators"]): Row[] {
  const names = [...new Set(operators.map(({ name }) => name))];
  return names
    .map((name) =>
      sum(
        readable(name),
        operators.filter((operator) => operator.name === name),
      ),
    )
    .toSorted((a, b) => b.ms - a.ms);
}

const sum = (name: string, rows: readonly Omit<Row, "name">[]): Row => ({
  name,
  calls: total(rows, ({ calls }) => calls),
  ms: total(rows, ({ ms }) => ms),
  flops: total(rows, ({ flops }) => flops),
  bytes: total(rows, ({ bytes }) => bytes),
});

const total = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((sum, row) => sum + of(row), 0);

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** `torch::autograd::CppNode<trainer::(anonymous namespace)::GeluMlp>` is the gradient of GeluMlp. */
function readable(name: string): string {
  if (name === "trainer::product") return "matrix products";
  const node = /CppNode<.*?(\w+)>$/.exec(name);
  return node?.[1] === undefined ? name : `${node[1]} (gradient)`;
}
