import { at } from "@trainer/disk/at";
import type { EvalMetrics, MetricsHistory, StepMetrics } from "@trainer/platform/browser";
import type { Curve } from "../../../parts/chart/curves.js";
import type { PageChart } from "../../../parts/curves-view/curves-grid.js";
import { bytes, count, duration, figure, short } from "../../../parts/figures.js";
import type { Places } from "../../../parts/curves-view/axis.js";
import { smoothed } from "../../../parts/curves-view/smooth.js";

type History = { readonly [Part in "steps" | "evaluations"]: readonly MetricsHistory[Part][number][] };

/** The charts of a run's metrics; none for what was not logged. */
export function runCharts(
  { steps, evaluations }: History,
  places: Places,
  { smooth, clip }: { readonly smooth: number; readonly clip: number | null },
): PageChart[] {
  const column = (of: (row: StepMetrics) => number | null | undefined) =>
    Float64Array.from(steps, (row) => of(row) ?? Number.NaN);
  const line = (label: string, color: string, y: Float64Array): Curve => ({ label, color, x: places.steps, y });
  /** A curve that is noisy: as it is, and smoothed over it. */
  const noisy = (label: string, color: string, y: Float64Array): Curve[] =>
    smooth === 0
      ? [{ ...line(label, color, y), look: "thin" }]
      : [{ ...line(`${label}, each step`, color, y), look: "faint" }, line(label, color, smoothed(y, smooth))];
  const points = (
    label: string,
    color: string,
    rows: readonly EvalMetrics[],
    of: (row: EvalMetrics) => number | null,
  ) => pointsOf(label, color, rows, of, places);
  const validations = evaluations.filter(({ split }) => split === "validation");
  const tests = evaluations.filter(({ split }) => split === "test");

  const charts: PageChart[] = [
    {
      title: "Loss",
      curves: [
        ...noisy(
          "Training",
          "--curve-1",
          column((row) => row.train_loss),
        ),
        ...points("Validation", "--curve-2", validations, ({ loss }) => loss),
        ...points("Test", "--curve-4", tests, ({ loss }) => loss),
      ],
      levels: [],
      showY: figure,
      canBeLog: true,
    },
    {
      title: "Learning rate",
      curves: [
        line(
          "Learning rate",
          "--curve-5",
          column(({ lr }) => lr),
        ),
      ],
      levels: [],
      showY: (y) => (y === 0 ? "0" : y.toExponential(1)),
      canBeLog: true,
    },
    {
      title: "Gradient norm",
      curves: noisy(
        "Gradient norm",
        "--curve-3",
        column((row) => row.grad_norm),
      ),
      levels: clip === null || clip === 0 ? [] : [{ y: clip, label: `clipped at ${clip}`, color: "--bad" }],
      showY: figure,
      canBeLog: true,
    },
    {
      title: "Tokens per second",
      curves: noisy(
        "Tokens per second",
        "--curve-6",
        column((row) => row.tokens_per_sec),
      ),
      levels: [],
      showY: short,
      canBeLog: false,
    },
    {
      title: "Time of a step",
      curves: noisy(
        "Time of a step",
        "--curve-4",
        column((row) => row.step_ms),
      ),
      levels: [],
      showY: milliseconds,
      canBeLog: true,
    },
    {
      title: "Memory",
      curves: [
        line(
          "Of the program",
          "--curve-1",
          column((row) => row.rss_bytes),
        ),
        ...peak(
          "Most on the GPU",
          "--curve-2",
          column((row) => row.gpu_peak_bytes),
          line,
        ),
      ],
      levels: [],
      showY: bytes,
      canBeLog: false,
      isBinary: true,
    },
    {
      title: "Bits per byte",
      curves: [
        ...points("Validation", "--curve-2", validations, (row) => row.bits_per_byte),
        ...points("Test", "--curve-4", tests, (row) => row.bits_per_byte),
      ],
      levels: [],
      showY: figure,
      canBeLog: true,
    },
    ...textCharts(validations, places),
    ...named(steps, evaluations).map((name): PageChart => ({
      title: name,
      curves: [
        ...noisy(
          "Training",
          "--curve-1",
          column((row) => row.figures?.[name]),
        ),
        ...points("Validation", "--curve-2", validations, (row) => row.figures?.[name] ?? null),
        ...points("Test", "--curve-4", tests, (row) => row.figures?.[name] ?? null),
      ],
      levels: [],
      showY: figure,
      canBeLog: false,
    })),
  ];
  return charts.filter(({ curves }) => curves.some(({ y }) => y.some(Number.isFinite)));
}

/** Names of what the run's objective tells beside its loss. */
const named = (...rows: readonly (readonly Pick<StepMetrics, "figures">[])[]): string[] => [
  ...new Set(rows.flat().flatMap(({ figures = {} }) => Object.keys(figures))),
];

const COLORS = ["--curve-1", "--curve-2", "--curve-3", "--curve-4", "--curve-5", "--curve-6"] as const;

/** Validation of each of the texts that a run mixes; none of a run of one. */
function textCharts(validations: readonly EvalMetrics[], places: Places): PageChart[] {
  const names = [...new Set(validations.flatMap(({ sources = [] }) => sources.map(({ source }) => source)))];
  const chart = (title: string, of: "loss" | "bits_per_byte"): PageChart => ({
    title,
    curves: names.flatMap((name, i) => {
      const value = ({ sources = [] }: EvalMetrics) => sources.find(({ source }) => source === name)?.[of] ?? null;
      return pointsOf(name, at(COLORS, i % COLORS.length), validations, value, places);
    }),
    levels: [],
    showY: figure,
    canBeLog: true,
  });
  return [chart("Validation loss of each text", "loss"), chart("Bits per byte of each text", "bits_per_byte")];
}

function pointsOf(
  label: string,
  color: string,
  rows: readonly EvalMetrics[],
  of: (row: EvalMetrics) => number | null,
  places: Places,
): Curve[] {
  const known = rows.flatMap((row) => {
    const y = of(row);
    return y === null ? [] : [{ x: places.at(row.step), y }];
  });
  if (known.length === 0) return [];
  return [
    {
      label,
      color,
      look: "points",
      x: Float64Array.from(known, ({ x }) => x),
      y: Float64Array.from(known, ({ y }) => y),
    },
  ];
}

const peak = (label: string, color: string, y: Float64Array, line: (...of: [string, string, Float64Array]) => Curve) =>
  y.some(Number.isFinite) ? [line(label, color, y)] : [];

const milliseconds = (ms: number): string =>
  ms >= 60_000 ? duration(ms / 1000) : `${ms < 10 ? figure(ms) : count(Math.round(ms))} ms`;

/** The evaluation with the least validation loss, the first of equals; none where there is none. */
export function bestOf(evaluations: readonly EvalMetrics[]): { readonly step: number; readonly loss: number }[] {
  const validations = evaluations.flatMap(({ split, step, loss }) =>
    split === "validation" && loss !== null ? [{ step, loss }] : [],
  );
  const least = Math.min(...validations.map(({ loss }) => loss));
  return validations.filter(({ loss }) => loss === least).slice(0, 1);
}
