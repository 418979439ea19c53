import type uPlot from "uplot";
import type { Drawing, Tick } from "./svg.js";

const SPACE = { x: 90, y: 40 } as const;

/** Round values along the axes of a drawn plot, in CSS pixels, for a drawing of it. */
export function ticksOf(
  u: uPlot,
  box: Drawing["box"],
  show: {
    readonly isLog: boolean;
    readonly showX: (x: number) => string;
    readonly showY: (y: number) => string;
  },
): Drawing["ticks"] {
  const x = bounds(u, "x");
  const y = bounds(u, "y");
  return {
    x: rounds(x, box.width / SPACE.x).map((value): Tick => ({
      at: box.left + u.valToPos(value, "x"),
      label: show.showX(value),
    })),
    y: (show.isLog ? powers(y) : rounds(y, box.height / SPACE.y)).map((value): Tick => ({
      at: box.top + u.valToPos(value, "y"),
      label: show.showY(value),
    })),
  };
}

function bounds(u: uPlot, scale: string): readonly [number, number] {
  return [Number(u.scales[scale]?.min), Number(u.scales[scale]?.max)];
}

/** Multiples of 1, 2 or 5 times a power of ten, at most about so many. */
export function rounds([min, max]: readonly [number, number], count: number): number[] {
  const least = (max - min) / Math.max(1, count);
  if (!(least > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Number([1, 2, 5, 10].find((each) => each * power >= least)) * power;
  const first = Math.ceil(min / step);
  const last = Math.floor(max / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1, 2 and 5 times the powers of ten. */
export function powers([min, max]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(min));
  const last = Math.ceil(Math.log10(max));
  return Array.from({ length: last - first + 1 }, (_, i) =>
    [1, 2, 5].map((each) => Number((each * 10 ** (first + i)).toPrecision(12))),
  )
    .flat()
    .filter((each) => each >= min && each <= max);
}
