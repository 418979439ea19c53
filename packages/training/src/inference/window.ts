/**
 * Movement of a fixed context over more tokens than it holds. Positions are absolute, so a token's cache is of no use
 * at another position: to move the window is to encode its remaining tokens again. Moving by half a window keeps that
 * to one pass in `context / 2` tokens, and every token has at least half a context before it.
 */

/** Number of last tokens that stay when a full window of generated text moves. */
export const halfWindow = (context: number): number => Math.max(1, Math.floor(context / 2));

/** Number of a prompt's last tokens that are read: all that leave room for the new ones, but at least half a window. */
export const promptLength = (tokens: number, maxNewTokens: number, context: number): number =>
  Math.min(tokens, Math.max(context - maxNewTokens, halfWindow(context)));

/** A stretch of positions to encode, of which `from` and those after it count. */
export interface Window {
  readonly start: number;
  readonly from: number;
  readonly end: number;
}

/**
 * Windows of at most `context` over `positions`, in which every position counts exactly once. Each starts `stride`
 * positions after the last, at most a context: the smaller it is, the more context a token has, and the longer it
 * takes.
 */
export function slidingWindows(positions: number, context: number, stride = Math.ceil(context / 2)): Window[] {
  const windows: Window[] = [];
  for (let from = 0; from < positions;) {
    const start = Math.max(0, from - (context - Math.min(stride, context)));
    const end = Math.min(positions, start + context);
    windows.push({ start, from, end });
    from = end;
  }
  return windows;
}

/** Neighbouring windows of one shape, at most `most` together. */
export function alike(windows: readonly Window[], most: number): Window[][] {
  const groups: Window[][] = [];
  for (const window of windows) {
    const group = groups.at(-1);
    const first = group?.[0];
    const same =
      first &&
      first.end - first.start === window.end - window.start &&
      first.from - first.start === window.from - window.start;
    if (group && same && group.length < most) group.push(window);
    else groups.push([window]);
  }
  return groups;
}
