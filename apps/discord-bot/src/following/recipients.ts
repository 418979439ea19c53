import type { Access } from "../access/access.js";
import type { RunState } from "./run-state.js";

interface Audience {
  readonly state: Pick<RunState, "userId">;
  /** Users who opted in to the run's messages, or out. */
  readonly watchers: ReadonlyMap<bigint, boolean>;
  readonly watched: boolean;
}

/**
 * Recipients of a run's messages: the user who started it and its watchers, except those who opted out. Only users whom
 * the bot obeys; the owner also for runs watched without a name.
 */
export function recipients({ state, watchers, watched }: Audience, access: Access): bigint[] {
  const { owner } = access;
  const watching = Array.from(watchers, ([user, on]) => (on ? [user] : [])).flat();
  const all = new Set([state.userId, ...watching, ...(watched && owner !== null ? [owner] : [])]);
  return [...all].filter((user) => user !== 0n && watchers.get(user) !== false && access.mayHear(user));
}
