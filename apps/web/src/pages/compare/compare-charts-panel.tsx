import { useMemo } from "react";
import { CurvesGrid } from "../../parts/curves-view/curves-grid.js";
import { useCurvesView } from "../../parts/curves-view/use-curves-view.js";
import { Empty } from "../../parts/states.js";
import { compareCharts } from "./compare-charts.js";
import type { Compared } from "./compared.js";
import type { Change } from "./comparison.js";
import styles from "./compare.module.css";
import { idsOf, type CompareSearch } from "./search.js";

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
  const { hidden, pinned } = search;
  const view = useCurvesView(search, change);
  const { axis, smooth } = view;
  const charts = useMemo(
    () => compareCharts(runs, { axis, smooth, pinned: new Set(idsOf(pinned)), hidden: new Set(idsOf(hidden)) }),
    [runs, axis, smooth, pinned, hidden],
  );
  const none = (
    <Empty title="No curves to show">
      <p>The runs that are shown have logged no steps yet, or all of them are hidden.</p>
    </Empty>
  );
  return (
    <section className={styles.curves} aria-label="Curves">
      <CurvesGrid {...{ charts, search, view, change, none }} group="compare" />
    </section>
  );
}
