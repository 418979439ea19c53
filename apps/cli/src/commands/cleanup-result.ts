import type { Decision, KeepReason } from "@trainer/training";
import { z } from "zod";
import { formatBytes, formatCount } from "../display/quantity.js";
import { table } from "../display/table.js";
import type { Output } from "../output.js";

export const dryRun = z.boolean().default(false).meta({ description: "remove nothing, show what would go" });

const REASONS = {
  cleanup_disabled: "stays: cleanup is off",
  directory_not_found: "is not there",
  upload_not_verified: "stays: its archive is not known to be kept elsewhere",
  run_not_terminal: "stays: it has not ended",
  in_use: "stays: it is in use",
  manifest_unreadable: "stays: a run does not say which tokenizer it needs",
  recently_used: "stays: it is too new",
  within_limits: "stays: there is room",
  dry_run: "would go",
} as const;

/** What becomes of something, by why it stays. */
export const whatBecame = (reason: KeepReason | null): string => (reason === null ? "removed" : REASONS[reason]);

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
