import type { Pace } from "../intervals.js";

/** True if a run's last heartbeat, in unix seconds, is so fresh that a worker must hold it. */
export function isAlive(heartbeat: number | null, { silent }: Pace): boolean {
  if (heartbeat === null) return false;
  const age = Date.now() - heartbeat * 1000;
  return Math.abs(age) < silent; // one that comes from the future is of a clock that cannot be trusted
}
