import type { Curve } from "./curves.js";
import type { Level, Mark } from "./marks.js";

/** A drawn chart, as an SVG shows it; places are in CSS pixels. */
export interface Drawing {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Of the plotted part. */
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly curves: readonly Curve[];
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
  readonly ticks: { readonly x: readonly Tick[]; readonly y: readonly Tick[] };
  readonly placeX: (x: number) => number;
  readonly placeY: (y: number) => number;
  readonly color: (variable: string) => string;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

const HEAD = 48;

/** A chart as an SVG document, with its title and legend above. */
export function svgOf(drawing: Drawing): string {
  const { title, width, height, box, color } = drawing;
  const shown = drawing.curves.filter(({ isHidden }) => isHidden !== true);
  const text = escaped(color("--text"));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + HEAD}" viewBox="0 ${-HEAD} ${width} ${height + HEAD}" font-family="sans-serif" font-size="12">`,
    `<rect y="${-HEAD}" width="${width}" height="${height + HEAD}" fill="${escaped(color("--surface"))}"/>`,
    `<text x="12" y="-28" font-size="15" font-weight="600" fill="${text}">${escaped(title)}</text>`,
    ...legendOf(shown, color),
    ...drawing.ticks.x.map(
      ({ at, label }) =>
        `<path d="M${n(at)} ${box.top}v${box.height}" stroke="${escaped(color("--line"))}"/><text x="${n(at)}" y="${box.top + box.height + 18}" text-anchor="middle" fill="${text}">${escaped(label)}</text>`,
    ),
    ...drawing.ticks.y.map(
      ({ at, label }) =>
        `<path d="M${box.left} ${n(at)}h${box.width}" stroke="${escaped(color("--line"))}"/><text x="${box.left - 8}" y="${n(at + 4)}" text-anchor="end" fill="${text}">${escaped(label)}</text>`,
    ),
    `<clipPath id="plot"><rect x="${box.left}" y="${box.top}" width="${box.width}" height="${box.height}"/></clipPath>`,
    `<g clip-path="url(#plot)" fill="none" stroke-width="1.5">`,
    ...shown.map((curve) => curveOf(curve, drawing)),
    ...drawing.levels.map(({ y, color: of }) => dashed(`M${box.left} ${n(drawing.placeY(y))}h${box.width}`, color(of))),
    ...drawing.marks.map(({ x, color: of }) => dashed(`M${n(drawing.placeX(x))} ${box.top}v${box.height}`, color(of))),
    "</g>",
    ...drawing.marks.map(
      ({ x, label, color: of }) =>
        `<text x="${n(drawing.placeX(x))}" y="${box.top - 3}" font-size="11" fill="${escaped(color(of))}">${escaped(label)}</text>`,
    ),
    "</svg>",
    "",
  ].join("\n");
}

function legendOf(curves: readonly Curve[], color: Drawing["color"]): string[] {
  let x = 12;
  return curves.map(({ label, color: of }) => {
    const entry = `<rect x="${x}" y="-17" width="10" height="10" fill="${escaped(color(of))}"/><text x="${x + 14}" y="-8" fill="${escaped(color("--text-2"))}">${escaped(label)}</text>`;
    x += 34 + label.length * 7;
    return entry;
  });
}

function curveOf({ x, y, look, color: of }: Curve, { placeX, placeY, color }: Drawing): string {
  const paint = escaped(color(of));
  const points = Array.from(x, (each, i) => [placeX(each), placeY(Number(y[i]))] as const);
  if (look === "points") {
    const dots = points.filter(isDrawn).map(([left, top]) => `<circle cx="${n(left)}" cy="${n(top)}" r="3"/>`);
    return `<g fill="${paint}">${dots.join("")}</g>`;
  }
  let isBroken = true;
  const path = points.map((point) => {
    const command = isBroken ? "M" : "L";
    isBroken = !isDrawn(point);
    return isBroken ? "" : `${command}${n(point[0])} ${n(point[1])}`;
  });
  return `<path d="${path.join("")}" stroke="${paint}"${look === "faint" ? ' opacity="0.35"' : ""}/>`;
}

const isDrawn = ([left, top]: readonly [number, number]): boolean => Number.isFinite(left) && Number.isFinite(top);

const dashed = (path: string, paint: string): string =>
  `<path d="${path}" stroke="${escaped(paint)}" stroke-width="1" stroke-dasharray="4 4"/>`;

const n = (value: number): string => value.toFixed(1);

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (each) => String(ENTITIES[each]));
