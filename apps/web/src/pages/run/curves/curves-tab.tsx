import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { MetricsHistory, RunStatus, StepMetrics } from "@trainer/platform/browser";
import { useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useMemo } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { rangeQuery, type StepRange } from "../../../api/run.js";
import { Chart } from "../../../parts/chart/chart.js";
import { extentOf, type Span } from "../../../parts/chart/curves.js";
import type { Mark } from "../../../parts/chart/marks.js";
import { ZoomButtons } from "../../../parts/chart/zoom-buttons.js";
import { count } from "../../../parts/figures.js";
import { Empty } from "../../../parts/states.js";
import { useSettled } from "../../../parts/use-settled.js";
import styles from "./curves.module.css";
import { axisNames, placesOn, showOn, type Places } from "./axis.js";
import { rangeOf, withRange } from "./exact.js";
import { Controls, SMOOTH, useChange } from "./controls.js";
import { bestOf, runCharts } from "./run-charts.js";

/** The curves of a run, and what of them is shown. */
export function CurvesTab({
  run,
  manifest,
  metrics,
}: {
  readonly run: RunStatus;
  readonly manifest: RunManifest | null;
  readonly metrics: MetricsHistory;
}) {
  const search = useSearch({ from: "/runs/$runId" });
  const change = useChange();
  const { x: axis = "step", log = false, from, to } = search;
  const smooth = useDeferredValue(search.smooth ?? SMOOTH);
  const zoom = useMemo(() => (from === undefined || to === undefined || from >= to ? null : { from, to }), [from, to]);
  const onZoom = useCallback((span: Span | null) => change({ from: span?.from, to: span?.to }), [change]);
  const perEpoch = stepsPerEpoch(run);
  const steps = useSteps(
    run.run_id,
    metrics,
    zoom,
    useMemo(() => placesOn(axis, metrics.steps, perEpoch), [axis, metrics.steps, perEpoch]),
  );
  const places = useMemo(() => placesOn(axis, steps, perEpoch), [axis, steps, perEpoch]);
  const clip = manifest?.gradient_clipping ?? null;
  const { evaluations } = metrics;
  const charts = useMemo(
    () => runCharts({ steps, evaluations }, places, { smooth, clip }),
    [steps, evaluations, places, smooth, clip],
  );
  const marks = useMemo(() => marksOf(metrics, places), [metrics, places]);
  const whole = useMemo(() => extentOf(charts.flatMap(({ curves }) => curves)), [charts]);
  if (charts.length === 0 || whole === null) return <NoSteps run={run} />;
  const total = metrics.total_steps_logged;
  return (
    <div className={styles.tab}>
      <Controls search={search} change={change}>
        <ZoomButtons zoom={zoom} whole={whole} onZoom={onZoom} />
      </Controls>
      <div className={styles.charts}>
        {charts.map(({ title, curves, levels, showY, canBeLog, isBinary = false }, i) => (
          <div key={title} className={i === 0 ? styles.first : undefined}>
            <Chart
              title={title}
              curves={curves}
              levels={levels}
              marks={marks}
              showY={showY}
              isLog={log && canBeLog}
              isBinary={isBinary}
              extent={whole}
              xName={axisNames[axis]}
              showX={showOn[axis]}
              group="run"
              zoom={zoom}
              onZoom={onZoom}
              height={i === 0 ? 340 : 200}
            />
          </div>
        ))}
      </div>
      <p className={styles.note}>
        {total > metrics.steps.length
          ? `${count(metrics.steps.length)} of ${count(total)} logged steps are drawn, evenly over the run; zoom in to see each. `
          : ""}
        Drag over a chart to zoom in, drag with Shift to move, double-click to see all. With a chart in focus, the keys
        +, −, ←, → and Home do the same.
      </p>
    </div>
  );
}

const SETTLED_MS = 150;

/** The steps that are drawn: of what is zoomed to as many as can be, once the zoom rests. */
function useSteps(runId: string, metrics: MetricsHistory, zoom: Span | null, places: Places): readonly StepMetrics[] {
  const asked = rangeOf(zoom, places, metrics);
  const key = useSettled(asked === null ? "" : `${asked.from} ${asked.to}`, SETTLED_MS);
  const range = useMemo(() => (key === "" ? null : rangeIn(key)), [key]);
  const { data } = useQuery({ ...rangeQuery(runId, range), placeholderData: keepPreviousData });
  const exact = range === null ? undefined : data?.steps;
  return useMemo(() => (exact === undefined ? metrics.steps : withRange(metrics.steps, exact)), [metrics.steps, exact]);
}

function rangeIn(key: string): StepRange {
  const [from, to] = key.split(" ").map(Number);
  return { from: Number(from), to: Number(to) };
}

const marksOf = ({ evaluations, resumed_from: resumed = [] }: MetricsHistory, places: Places): Mark[] =>
  resumed
    .map((step): Mark => ({ x: places.at(step), label: "resumed", color: "--text-2" }))
    .concat(bestOf(evaluations).map(({ step }) => ({ x: places.at(step), label: "best", color: "--good" })));

const stepsPerEpoch = ({ training }: RunStatus): number | null =>
  training === null || training.total_epochs === 0 || training.total_steps === 0
    ? null
    : training.total_steps / training.total_epochs;

function NoSteps({ run }: { readonly run: RunStatus }) {
  switch (run.status) {
    case "queued":
      return (
        <Empty title="The run waits for its turn">
          <p>It begins when a worker is free. Its curves are here then, step by step.</p>
        </Empty>
      );
    case "running":
      return (
        <Empty title="No step is logged yet">
          <p>The text is being read and encoded; a long one takes minutes. The first steps follow.</p>
        </Empty>
      );
    case "completed":
    case "failed":
      return (
        <Empty title="No step was logged">
          <p>The run ended before its first step. Its log says why.</p>
        </Empty>
      );
  }
}
