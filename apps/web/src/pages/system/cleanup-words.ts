import type { CleanupReport } from "@trainer/platform/browser";
import { bytes, count } from "../../parts/figures.js";

export type Decision = CleanupReport["decisions"][number];

/** What something is, and why it stays. */
export const KIND: Readonly<Record<Decision["kind"], string>> = {
  bins: "Prepared text",
  corpus_cache: "Fetched text",
  tokenizers: "Tokenizer",
};

const REASONS: Readonly<Record<NonNullable<Decision["reason"]>, string>> = {
  cleanup_disabled: "Stays: cleaning up is off",
  directory_not_found: "Was gone already",
  upload_not_verified: "Stays: no archive of it is known",
  run_not_terminal: "Stays: it has not ended",
  in_use: "Stays: it is in use",
  manifest_unreadable: "Stays: a run has not said yet which tokenizer it needs",
  recently_used: "Stays: it is too new",
  within_limits: "Stays: there is room",
  dry_run: "Would go",
};

export const whatBecame = ({ reason }: Decision): string => (reason === null ? "Removed" : REASONS[reason]);

/** Things that go, or have gone. */
export const goingIn = ({ decisions }: CleanupReport): Decision[] =>
  decisions.filter(({ reason }) => reason === null || reason === "dry_run");

/** Number of things with their size: 3 things (1.2 GiB). */
export function sumOf(report: CleanupReport): string {
  const { length } = goingIn(report);
  return `${count(length)} ${length === 1 ? "thing" : "things"} (${bytes(report.bytes_freed)})`;
}
