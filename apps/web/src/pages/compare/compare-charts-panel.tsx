import { useCallback, useDeferredValue, useId, useMemo } from "react";
import { Chart } from "../../parts/chart/chart.js";
import { extentOf, type Span } from "../../parts/chart/curves.js";
import { ZoomButtons } from "../../parts/chart/zoom-buttons.js";
import { Empty } from "../../parts/states.js";
import { axisNames, showOn } from "../run/curves/axis.js";
import { axes } from "../run/search.js";
import { compareCharts } from "./compare-charts.js";
import type { Compared } from "./compared.js";
import type { Change } from "./comparison.js";
import styles from "./compare.module.css";
import { idsOf, type CompareSearch } from "./search.js";

const SMOOTH = 0.6;
/** With more runs than these the charts have no values of their own beside the legend of all. */
const MOST_NAMED = 8;
const axisTitles = { step: "Steps", tokens: "Tokens", epoch: "Epochs", hours: "Hours" } as const;

/** The curves of runs over one another, and what of them is shown. */
export function CompareCharts({
  runs,
  search,
  change,
}: {
  readonly runs: readonly Compared[];
  readonly search: CompareSearch;
  readonly change: Change;
}) {
  const { x: axis = "step", log = false, from, to, hidden, pinned } = search;
  const smooth = useDeferredValue(search.smooth ?? SMOOTH);
  const zoom = useMemo(() => (from === undefined || to === undefined ? null : { from, to }), [from, to]);
  const onZoom = useCallback((span: Span | null) => change({ from: span?.from, to: span?.to }), [change]);
  const charts = useMemo(
    () => compareCharts(runs, { axis, smooth, pinned: new Set(idsOf(pinned)), hidden: new Set(idsOf(hidden)) }),
    [runs, axis, smooth, pinned, hidden],
  );
  const whole = useMemo(() => extentOf(charts.flatMap(({ curves }) => curves)), [charts]);
  return (
    <section className={styles.curves} aria-label="Curves">
      <Controls search={search} change={change}>
        {whole !== null && <ZoomButtons zoom={zoom} whole={whole} onZoom={onZoom} />}
      </Controls>
      {whole === null ? (
        <Empty title="No curves to show">
          <p>The runs that are shown have logged no steps yet, or all of them are hidden.</p>
        </Empty>
      ) : (
        <div className={styles.charts}>
          {charts.map(({ title, curves, showY, canBeLog }, i) => (
            <div key={title} className={i === 0 ? styles.first : undefined}>
              <Chart
                title={title}
                curves={curves}
                showY={showY}
                isLog={log && canBeLog}
                extent={whole}
                xName={axisNames[axis]}
                showX={showOn[axis]}
                group="compare"
                zoom={zoom}
                onZoom={onZoom}
                height={i === 0 ? 320 : 210}
                hasLegend={curves.length <= MOST_NAMED}
              />
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function Controls({
  search,
  change,
  children,
}: {
  readonly search: CompareSearch;
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
      <label className={styles.check} htmlFor={id}>
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
