import type { Access } from "../access/access.js";
import type { RunState } from "./run-state.js";

interface Audience {
  readonly state: Pick<RunState, "userId">;
  /** Who said that they want to hear of the run, or that they do not. */
  readonly watchers: ReadonlyMap<bigint, boolean>;
  readonly watched: boolean;
}

/**
 * Who hears of a run: whoever started it and whoever watches it, but for those who want no more of it. Nobody
 * whom the bot does not obey; and the owner also of what is watched without a name.
 */
export function recipients({ state, watchers, watched }: Audience, access: Access): bigint[] {
  const { owner } = access;
  const watching = Array.from(watchers, ([user, on]) => (on ? [user] : [])).flat();
  const all = new Set([state.userId, ...watching, ...(watched && owner !== null ? [owner] : [])]);
  return [...all].filter((user) => user !== 0n && watchers.get(user) !== false && access.mayHear(user));
}
