/** Why something stays. */
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

/** What a cleanup has decided about one run, tokenizer, corpus or set of bins. */
export interface Decision {
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
  /** Why it stays; null for what has gone. With "dry_run" it would have gone. */
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

/** What a cleanup is told by whoever starts it. */
export interface CleanupContext {
  readonly log?: (record: CleanupRecord) => void;
  /** Ids of runs, tokenizers and corpora that jobs need which the home does not know of: those in a queue. Asked anew each time. */
  readonly needed?: () => Promise<ReadonlySet<string>>;
  /** Stops the waiting, and what comes after it. */
  readonly signal?: AbortSignal;
}

export const isNeeded = async ({ needed }: CleanupContext, id: string): Promise<boolean> =>
  needed !== undefined && (await needed()).has(id);
