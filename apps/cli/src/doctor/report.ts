import type { Style } from "../display/style.js";
import { table } from "../display/table.js";
import type { Check } from "./check.js";

const MARKS = { ok: "ok", missing: "--", failed: "NO" } as const;

/** Checks as lines: one each, and what to do below it where there is something to do. */
export function report(checks: readonly Check[], paint: Style): (string | undefined)[] {
  const colors = { ok: paint.green, missing: paint.yellow, failed: paint.red };
  const rows = table(checks.map(({ name, status, value }) => [colors[status](MARKS[status]), name, value]));
  return checks.flatMap(({ fix }, index) => [rows[index], ...(fix === null ? [] : [`    ${paint.dim(fix)}`])]);
}
