import { linear, noGrad, ones, scope, setNumThreads } from "@trainer/torch";
import { z } from "zod";

// How fast memory is read: the quickest of several passes over 512 MB, far more than a cache holds, by a sum and by a
// product with one row, whichever is quicker. Bytes a second, as JSON.

const ROWS = 1 << 15;
const COLUMNS = 1 << 12;
const PASSES = 8;

setNumThreads(z.object({ threads: z.int() }).parse(JSON.parse(process.argv[2] ?? "{}")).threads);
const seconds = noGrad(() =>
  scope(() => {
    const [large, row] = [ones([ROWS, COLUMNS]), ones([1, COLUMNS])];
    const passes = [() => large.sum().item(), () => linear(row, large).data().length];
    return Array.from({ length: PASSES }, () => passes.map(timed)).flat();
  }),
);
const bytes = ROWS * COLUMNS * 4;
process.stdout.write(`${JSON.stringify({ bytesPerSecond: bytes / Math.min(...seconds) })}\n`);

function timed(pass: () => number): number {
  const start = performance.now();
  scope(pass);
  return (performance.now() - start) / 1000;
}
