import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { MetricsHistory, RunStatus, StepMetrics } from "@trainer/platform/browser";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { rangeQuery, type StepRange } from "../../../api/run.js";
import type { Span } from "../../../parts/chart/curves.js";
import type { Mark } from "../../../parts/chart/marks.js";
import { placesOn, stepsPerEpoch, type Places } from "../../../parts/curves-view/axis.js";
import { CurvesGrid } from "../../../parts/curves-view/curves-grid.js";
import { useCurvesView } from "../../../parts/curves-view/use-curves-view.js";
import type { ChangeView } from "../../../parts/curves-view/view.js";
import { count } from "../../../parts/figures.js";
import { Empty } from "../../../parts/states.js";
import { useSettled } from "../../../parts/use-settled.js";
import styles from "./curves.module.css";
import { rangeOf, withRange } from "./exact.js";
import { bestOf, runCharts } from "./run-charts.js";

/** Changes the view in the address, without a step back in the browser for each. */
function useChange(): ChangeView {
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
  const view = useCurvesView(search, change);
  const { axis, smooth, zoom } = view;
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
  const none = <NoSteps run={run} />;
  if (charts.length === 0) return none;
  const total = metrics.total_steps_logged;
  return (
    <div className={styles.tab}>
      <CurvesGrid {...{ charts, search, view, change, marks, none }} group="run" />
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
