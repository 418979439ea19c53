import type uPlot from "uplot";
import type { Palette } from "./palette.js";

/** A place on the x axis that is marked by a vertical line. */
export interface Mark {
  readonly x: number;
  readonly label: string;
  /** The name of a CSS variable that holds a colour. */
  readonly color: string;
}

/** A value that is marked by a horizontal line. */
export interface Level {
  readonly y: number;
  readonly label: string;
  readonly color: string;
}

const FONT_PX = 11;

export function drawMarks(u: uPlot, marks: readonly Mark[], palette: Palette): void {
  const { left, top, width, height } = u.bbox;
  for (const mark of marks) {
    const { x, color } = mark;
    const at = u.valToPos(x, "x", true);
    if (at < left || at > left + width) continue;
    line(u, palette.of(color), [at, top], [at, top + height]);
    const isAtEnd = at > left + width * 0.8;
    text(u, palette, mark, [at, top - 3 * scaleOf(u)], isAtEnd ? "right" : "left");
  }
}

export function drawLevels(u: uPlot, levels: readonly Level[], palette: Palette): void {
  const { left, top, width, height } = u.bbox;
  for (const level of levels) {
    const { y, color } = level;
    const at = u.valToPos(y, "y", true);
    if (!(at >= top && at <= top + height)) continue;
    line(u, palette.of(color), [left, at], [left + width, at]);
    text(u, palette, level, [left + width - 4, at - 4 * scaleOf(u)], "right");
  }
}

/** Canvas pixels to a CSS pixel. */
const scaleOf = (u: uPlot): number => u.ctx.canvas.width / u.width;

type Point = readonly [x: number, y: number];

function line({ ctx }: uPlot, color: string, from: Point, to: Point): void {
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.restore();
}

function text(
  u: uPlot,
  palette: Palette,
  { label, color }: { readonly label: string; readonly color: string },
  [x, y]: Point,
  align: "left" | "right",
): void {
  const { ctx } = u;
  ctx.save();
  ctx.font = `${FONT_PX * scaleOf(u)}px system-ui, sans-serif`;
  ctx.textAlign = align;
  ctx.textBaseline = "bottom";
  ctx.strokeStyle = palette.of("--surface"); // what is drawn behind a word must not make it unreadable
  ctx.lineWidth = 4 * scaleOf(u);
  ctx.lineJoin = "round";
  ctx.strokeText(label, x, y);
  ctx.fillStyle = palette.of(color);
  ctx.fillText(label, x, y);
  ctx.restore();
}
