import { framed, scaleOf, segment, type CurveOptions, type Point } from "./curve.js";
import type { Style } from "./style.js";

/** Glyphs of the lines, in order, repeated. */
export const GLYPHS = "ox+*#@%&";

const COLOURS = ["cyan", "yellow", "green", "red"] as const;

/** Several curves in one frame, on one scale, each of its own glyph, the first few of their own colour. */
export function curves(
  lines: readonly (readonly Point[])[],
  { paint, ...options }: Omit<CurveOptions, "mark"> & { readonly paint: Style },
): string[] {
  const { width, height } = options;
  const points = lines.flat();
  if (width < 16 || points.length < 2) return [];
  const scale = scaleOf(points);
  const cells = new Map<number, string>();
  for (const [i, line] of lines.entries()) {
    const colour = COLOURS[i];
    const plain = GLYPHS.charAt(i % GLYPHS.length);
    const glyph = colour === undefined ? plain : paint[colour](plain);
    const dots = line.map((point) => scale.place(point, width, height));
    for (const [k, dot] of dots.entries()) {
      for (const { x, y } of segment(dots[k - 1] ?? dot, dot)) cells.set(y * width + x, glyph);
    }
  }
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => cells.get(y * width + x) ?? " ")
      .join("")
      .trimEnd(),
  );
  return framed(rows, scale, options);
}
