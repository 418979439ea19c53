import type { MetricsHistory } from "@trainer/platform";
import { Canvas, numberWidth, type Dot } from "./canvas.js";
import { encodePng, type Rgb } from "./png.js";

const WIDTH = 480;
const HEIGHT = 200;
/** Colors of Discord's dark theme, which are legible in the light one too. */
const PALETTE: readonly Rgb[] = [
  [0x2b, 0x2d, 0x31],
  [0x4e, 0x50, 0x58],
  [0xb5, 0xba, 0xc1],
  [0x58, 0x65, 0xf2],
  [0xfa, 0xa6, 0x1a],
];
const COLOR = { grid: 1, text: 2, train: 3, validation: 4 } as const;
const EDGE = { top: 12, right: 12, bottom: 24, left: 70 } as const;

interface Point {
  readonly step: number;
  readonly loss: number;
}

/** The course of a run's loss as a PNG: training as a blue line, validations as orange marks. Null if there is too little. */
export function lossChart(history: Pick<MetricsHistory, "steps" | "evaluations">): Buffer | null {
  const train = points(history.steps.map(({ step, train_loss }) => ({ step, loss: train_loss })));
  const validation = points(
    history.evaluations.filter(({ split }) => split === "validation").map(({ step, loss }) => ({ step, loss })),
  );
  if (train.length < 2) return null;
  const canvas = new Canvas(WIDTH, HEIGHT);
  const place = scale(canvas, [...train, ...validation]);
  let before: Dot | null = null;
  for (const dot of train.map(place)) {
    canvas.line(before ?? dot, dot, COLOR.train);
    before = dot;
  }
  for (const { x, y } of validation.map(place)) canvas.rect(x - 2, y - 2, 6, 6, COLOR.validation);
  return encodePng(WIDTH, HEIGHT, canvas.pixels, PALETTE);
}

const points = (given: readonly { readonly step: number; readonly loss: number | null }[]): Point[] =>
  given.flatMap(({ step, loss }) => (loss !== null && Number.isFinite(loss) ? [{ step, loss }] : []));

/** Draws the axes; returns the mapping from a point to its pixel. */
function scale(canvas: Canvas, all: readonly Point[]): (point: Point) => Dot {
  const losses = all.map(({ loss }) => loss);
  const steps = all.map(({ step }) => step);
  const [low, high, first, last] = [Math.min(...losses), Math.max(...losses), Math.min(...steps), Math.max(...steps)];
  const [width, height] = [WIDTH - EDGE.left - EDGE.right, HEIGHT - EDGE.top - EDGE.bottom];
  const bottom = HEIGHT - EDGE.bottom;
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(EDGE.top + share * height);
    canvas.rect(EDGE.left, y, width, 1, COLOR.grid);
    const label = (high - share * (high - low)).toFixed(high >= 100 ? 0 : 2);
    canvas.number(label, EDGE.left - 8 - numberWidth(label), y - 5, COLOR.text);
  }
  const end = String(last);
  canvas.number(String(first), EDGE.left, bottom + 8, COLOR.text);
  canvas.number(end, WIDTH - EDGE.right - numberWidth(end), bottom + 8, COLOR.text);
  return ({ step, loss }) => ({
    x: Math.round(EDGE.left + ((step - first) / (last - first || 1)) * (width - 2)),
    y: Math.round(EDGE.top + ((high - loss) / (high - low || 1)) * height),
  });
}
