import type { MetricsHistory, RunStatus } from "@trainer/platform/browser";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useId, useMemo } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { Chart } from "../../../parts/chart/chart.js";
import { extentOf, type Span } from "../../../parts/chart/curves.js";
import { ZoomButtons } from "../../../parts/chart/zoom-buttons.js";
import { count } from "../../../parts/figures.js";
import { Empty } from "../../../parts/states.js";
import { axes, type RunSearch } from "../search.js";
import styles from "./curves.module.css";
import { axisNames, placesOn, showOn } from "./axis.js";
import { bestOf, runCharts } from "./run-charts.js";

const SMOOTH = 0.6;
const axisTitles = { step: "Steps", tokens: "Tokens", epoch: "Epochs", hours: "Hours" } as const;

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
  const zoom = useMemo(() => (from === undefined || to === undefined ? null : { from, to }), [from, to]);
  const onZoom = useCallback((span: Span | null) => change({ from: span?.from, to: span?.to }), [change]);
  const perEpoch = stepsPerEpoch(run);
  const places = useMemo(() => placesOn(axis, metrics.steps, perEpoch), [axis, metrics.steps, perEpoch]);
  const clip = manifest?.gradient_clipping ?? null;
  const charts = useMemo(() => runCharts(metrics, places, { smooth, clip }), [metrics, places, smooth, clip]);
  const best = bestOf(metrics.evaluations);
  const bestStep = best?.step ?? null;
  const marks = useMemo(
    () => (bestStep === null ? [] : [{ x: places.at(bestStep), label: "best", color: "--good" }]),
    [bestStep, places],
  );
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
          ? `${count(metrics.steps.length)} of ${count(total)} logged steps are drawn, evenly over the run. `
          : ""}
        Drag over a chart to zoom in, drag with Shift to move, double-click to see all. With a chart in focus, the keys
        +, −, ←, → and Home do the same.
      </p>
    </div>
  );
}

type Change = (change: Partial<RunSearch>) => void;

/** Changes the view in the address, without a step back in the browser for each. */
function useChange(): Change {
  const navigate = useNavigate({ from: "/runs/$runId" });
  return useCallback(
    (change) => {
      navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }).catch(
        reportError,
      );
    },
    [navigate],
  );
}

function Controls({
  search,
  change,
  children,
}: {
  readonly search: RunSearch;
  readonly change: Change;
  readonly children: React.ReactNode;
}) {
  const id = useId();
  const { x = "step", log = false, smooth = SMOOTH } = search;
  return (
    <div className={styles.controls}>
      <label>
        Over{" "}
        <select
          className={styles.select}
          value={x}
          onChange={({ target }) =>
            change({ x: axes.find((each) => each === target.value), from: undefined, to: undefined })
          }
        >
          {axes.map((each) => (
            <option key={each} value={each}>
              {axisTitles[each]}
            </option>
          ))}
        </select>
      </label>
      <label className={styles.check}>
        <input type="checkbox" checked={log} onChange={({ target }) => change({ log: target.checked || undefined })} />
        Logarithmic
      </label>
      <label className={styles.slider} htmlFor={id}>
        Smoothing
        <input
          id={id}
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smooth}
          onChange={({ target }) => change({ smooth: target.valueAsNumber })}
        />
        <output htmlFor={id}>{smooth.toFixed(2)}</output>
      </label>
      {children}
    </div>
  );
}

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
