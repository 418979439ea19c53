/** Reason for keeping something. */
export type KeepReason =
  | "cleanup_disabled"
  | "directory_not_found"
  | "upload_not_verified"
  | "run_not_terminal"
  | "in_use"
  | "manifest_unreadable"
  | "recently_used"
  | "within_limits"
  | "dry_run";

/** Decision of a cleanup about one run, tokenizer, corpus or set of bins. */
export interface Decision {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
  /** Reason for keeping it; null if it was removed. With "dry_run" it would have been. */
  readonly reason: KeepReason | null;
}

/** A record for a log, by the names that its readers know. */
export interface CleanupRecord {
  readonly level: "INFO" | "ERROR";
  readonly message: string;
  readonly category: "cleanup";
  readonly event: `${"cleanup" | "corpus_cache_cleanup" | "tokenizer_cleanup" | "bins_cleanup"}_${"skipped" | "started" | "dry_run" | "completed" | "failed"}`;
  readonly run_id?: string;
  readonly tokenizer_id?: string;
  readonly bins_id?: string;
  readonly path?: string;
  readonly reason?: string;
  readonly bytes_freed?: number;
  readonly files_deleted?: number;
}

/** Context of a cleanup. */
export interface CleanupContext {
  readonly log?: (record: CleanupRecord) => void;
  /** Ids of runs, tokenizers and corpora that queued jobs need, unknown to the home. Called each time. */
  readonly needed?: () => Promise<ReadonlySet<string>>;
  /** Stops the waiting, and what comes after it. */
  readonly signal?: AbortSignal;
}

export const isNeeded = async ({ needed }: CleanupContext, id: string): Promise<boolean> =>
  needed !== undefined && (await needed()).has(id);
