import type { KeepReason } from "@trainer/training";

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

/** Outcome in words: removed, or the reason for keeping it. */
export const whatBecame = (reason: KeepReason | null): string => (reason === null ? "removed" : REASONS[reason]);
