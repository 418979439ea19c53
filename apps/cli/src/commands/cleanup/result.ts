import type { Decision } from "@trainer/training";
import { z } from "zod";
import { formatBytes, formatCount } from "../../display/quantity.js";
import { table } from "../../display/table.js";
import type { Output } from "../../display/output.js";
import { whatBecame } from "../../display/what-became.js";

export const dryRun = z.boolean().default(false).meta({ description: "remove nothing, show what would go" });

/** Shows what has been decided: what goes, why the rest stays, how many bytes that frees. */
export function showDecisions(out: Output, decisions: readonly Decision[], what: string, dryRun: boolean): void {
  const going = decisions.filter(({ reason }) => reason === null || reason === "dry_run");
  const bytes = going.reduce((sum, each) => sum + each.bytes, 0);
  out.result({ dry_run: dryRun, bytes_freed: bytes, decisions: decisions.map(decisionJson) }, () => {
    if (decisions.length === 0) return `No ${what}.`;
    const rows = decisions.map(({ id, bytes, reason }) => [id, formatBytes(bytes), whatBecame(reason)]);
    const sum = `${formatCount(going.length)} of ${formatCount(decisions.length)} ${what} ${dryRun ? "would go" : "removed"}: ${formatBytes(bytes)}`;
    return [...table([["NAME", "SIZE", "WHAT"], ...rows], [1]), sum].join("\n");
  });
}

const decisionJson = ({ id, path, bytes, files, reason }: Decision) => ({
  id,
  path,
  bytes,
  files,
  removed: reason === null,
  reason,
});
