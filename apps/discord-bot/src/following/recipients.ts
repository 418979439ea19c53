import type { RunState } from "./run-state.js";

interface Audience {
  readonly state: Pick<RunState, "userId">;
  /** Who said that they want to hear of the run, or that they do not. */
  readonly watchers: ReadonlyMap<bigint, boolean>;
  readonly watched: boolean;
}

/**
 * Who hears of a run: whoever started it and whoever watches it, but for those who want no more of it. Where there is an
 * owner, nobody else; and the owner also of what is watched without a name.
 */
export function recipients({ state, watchers, watched }: Audience, ownerId: bigint | null): bigint[] {
  const watching = Array.from(watchers, ([user, on]) => (on ? [user] : [])).flat();
  const all = new Set([state.userId, ...watching, ...(watched && ownerId !== null ? [ownerId] : [])]);
  return [...all].filter((user) => user !== 0n && watchers.get(user) !== false && (ownerId ?? user) === user);
}
