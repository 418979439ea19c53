import { DropdownMenu } from "radix-ui";
import { useState, type RefObject } from "react";
import type uPlot from "uplot";
import styles from "./chart.module.css";
import { csvOf } from "./csv.js";
import type { Curve } from "./curves.js";
import { download, fileName } from "./download.js";
import type { Level, Mark } from "./marks.js";
import { Palette } from "./palette.js";
import { pngOf } from "./png.js";
import { svgOf } from "./svg.js";
import { ticksOf } from "./ticks.js";

interface Downloaded {
  readonly title: string;
  readonly xName: string;
  readonly curves: readonly Curve[];
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
  readonly isLog: boolean;
  readonly plot: RefObject<uPlot | null>;
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
}

/** Keeps a chart as a picture, as it is drawn now, or its points as a table. */
export function DownloadMenu(chart: Downloaded) {
  const [failure, setFailure] = useState<string | null>(null);
  const keep = (ending: Ending) => {
    setFailure(null);
    fileOf(ending, chart)
      .then((file) => download(fileName(chart.title, ending), file))
      .catch((error: Error) => setFailure(error.message));
  };
  return (
    <>
      {failure !== null && <span role="alert">{failure}</span>}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className={styles.quiet} aria-label={`Download ${chart.title}`}>
          Download
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className={styles.menu} align="end">
            {endings.map((ending) => (
              <DropdownMenu.Item key={ending} className={styles.item} onSelect={() => keep(ending)}>
                {titles[ending]}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </>
  );
}

const endings = ["png", "svg", "csv"] as const;
type Ending = (typeof endings)[number];
const titles: Readonly<Record<Ending, string>> = {
  png: "Picture (PNG)",
  svg: "Drawing (SVG)",
  csv: "Points (CSV)",
};

async function fileOf(ending: Ending, { plot, ...chart }: Downloaded): Promise<Blob> {
  if (ending === "csv") return new Blob([csvOf(chart.xName, chart.curves)], { type: "text/csv" });
  const drawn = plot.current;
  if (drawn === null) throw new Error("The chart is not drawn yet.");
  const palette = new Palette();
  const color = (variable: string) => palette.of(variable);
  const ratio = drawn.ctx.canvas.width / drawn.width;
  if (ending === "png") return await pngOf(drawn.ctx.canvas, { ...chart, color, ratio });
  const { left, top, width, height } = drawn.bbox;
  const box = { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio };
  const svg = svgOf({
    ...chart,
    width: drawn.width,
    height: drawn.height,
    box,
    ticks: ticksOf(drawn, box, chart),
    placeX: (x) => box.left + drawn.valToPos(x, "x"),
    placeY: (y) => box.top + drawn.valToPos(y, "y"),
    color,
  });
  return new Blob([svg], { type: "image/svg+xml" });
}
