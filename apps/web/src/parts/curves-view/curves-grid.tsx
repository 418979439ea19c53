import { useCallback, useMemo, useState, type ReactNode } from "react";
import { Chart, type ChartProps } from "../chart/chart.js";
import { extentOf } from "../chart/curves.js";
import { ZoomButtons } from "../chart/zoom-buttons.js";
import { axisNames, showOn } from "./axis.js";
import { Controls } from "./controls.js";
import styles from "./curves-view.module.css";
import type { useCurvesView } from "./use-curves-view.js";
import type { ChangeView, CurvesView } from "./view.js";

/** A chart of a page, without what all of its charts share. */
export interface PageChart extends Pick<
  ChartProps,
  "title" | "curves" | "showY" | "levels" | "isBinary" | "hasLegend"
> {
  /** Drawn on a logarithmic axis when the reader asks for one. */
  readonly canBeLog: boolean;
}

const NO_MARKS: NonNullable<ChartProps["marks"]> = [];
const FIRST_PX = 340;
const OTHERS_PX = 200;

/** Charts over one x axis, the first of them large, under what chooses how they are shown. */
export function CurvesGrid({
  charts,
  search,
  view: { axis, isLog, zoom, onZoom },
  change,
  group,
  marks = NO_MARKS,
  none,
}: {
  readonly charts: readonly PageChart[];
  readonly search: CurvesView;
  readonly view: ReturnType<typeof useCurvesView>;
  readonly change: ChangeView;
  readonly none: ReactNode;
} & Pick<ChartProps, "group" | "marks">) {
  const whole = useMemo(() => extentOf(charts.flatMap(({ curves }) => curves)), [charts]);
  const [near, setNear] = useState<readonly string[]>([]);
  const onNear = useCallback(
    (labels: readonly string[]) => setNear((before) => (String(before) === String(labels) ? before : labels)),
    [],
  );
  return (
    <>
      <Controls view={search} change={change}>
        {whole !== null && <ZoomButtons zoom={zoom} whole={whole} onZoom={onZoom} />}
      </Controls>
      {whole === null ? (
        none
      ) : (
        <div className={styles.charts}>
          {charts.map(({ title, canBeLog, ...chart }, i) => (
            <div key={title} className={i === 0 ? styles.first : undefined}>
              <Chart
                {...chart}
                title={title}
                marks={marks}
                isLog={isLog && canBeLog}
                extent={whole}
                xName={axisNames[axis]}
                showX={showOn[axis]}
                group={group}
                zoom={zoom}
                onZoom={onZoom}
                near={near}
                {...(chart.hasLegend === false ? { onNear } : {})}
                height={i === 0 ? FIRST_PX : OTHERS_PX}
              />
            </div>
          ))}
        </div>
      )}
    </>
  );
}
