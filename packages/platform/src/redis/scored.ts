import { at } from "@trainer/disk";

/** Members of a sorted set with their scores, in order, of a reply WITHSCORES. */
export const scored = (reply: readonly string[]): ReadonlyMap<string, number> =>
  new Map(reply.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(at(reply, i + 1))] as const] : [])));
