import { addon } from "./load.js";

/**
 * Has this process killed (SIGKILL) within half a second of its parent's end, however that happened and however busy
 * this one is, even within a native call of minutes. A child that outlives its parent would be one writer too many.
 * @param pid of the parent, as the parent knows it: one that has gone already is noticed too
 */
export function dieWithParent(pid: number): void {
  addon.dieWithParent(pid);
}
