/** Milliseconds that work has taken so far. */
export type Clock = () => number;

/**
 * A clock for work on so many threads. Where other programs want the processor too, it counts what the work itself has
 * of it, as if it went on alone.
 */
export const clockOf = (threads: number, isBusy: boolean): Clock =>
  isBusy ? () => cpuMs() / threads : () => performance.now();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
