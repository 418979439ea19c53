import type { Point } from "./curve.js";

const LIMIT = 1024;

/** A curve of a bounded number of points, however long the run: as it grows, neighbours become their mean. */
export class Series {
  #points: Point[] = [];
  #begun: Point[] = []; // fewer than `stride` points, not averaged yet
  #stride = 1;

  /** Points whose loss is not a finite number cannot be drawn, and are passed over. */
  push(point: Point): void {
    if (!Number.isFinite(point.loss)) return;
    this.#begun.push(point);
    if (this.#begun.length < this.#stride) return;
    this.#points.push(mean(this.#begun));
    this.#begun = [];
    if (this.#points.length < LIMIT) return;
    this.#points = pairs(this.#points).map(mean);
    this.#stride *= 2;
  }

  /** At most 1024 points, the last of them at the last step. */
  get points(): readonly Point[] {
    return this.#begun.length === 0 ? this.#points : [...this.#points, mean(this.#begun)];
  }
}

/** The mean loss of some points, at the step of the last. */
const mean = (points: readonly Point[]): Point => ({
  step: Math.max(...points.map(({ step }) => step)),
  loss: points.reduce((sum, { loss }) => sum + loss, 0) / points.length,
});

const pairs = (points: readonly Point[]): Point[][] =>
  Array.from({ length: points.length / 2 }, (_, i) => points.slice(2 * i, 2 * i + 2));
