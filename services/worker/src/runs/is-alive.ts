import type { Pace } from "../intervals.js";

/** True if a run's last heartbeat, in unix seconds, is so fresh that a worker must hold it. @param now by the clock that gives heartbeats, in ms */
export function isAlive(heartbeat: number | null, now: number, { silent }: Pace): boolean {
  if (heartbeat === null) return false;
  const age = now - heartbeat * 1000;
  return Math.abs(age) < silent; // one that comes from the future is of a clock that cannot be trusted
}
