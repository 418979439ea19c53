import { addon } from "./load.js";

/**
 * Has this process killed (SIGKILL) within half a second of its parent's end, however that came and whatever keeps this
 * one busy: a native call that goes on for minutes too. A child that wrote on after its parent would be one writer too
 * many.
 * @param pid of the parent, as the parent knows it: one that has gone already is noticed too
 */
export function dieWithParent(pid: number): void {
  addon.dieWithParent(pid);
}
