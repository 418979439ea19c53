import type { Readable } from "node:stream";
import type { FileInfo } from "@trainer/platform";
import type { ByteRange } from "@trainer/platform/http";

/** A store of files. A file's key is the SHA-256 of its bytes, so that it never changes and has no name. */
export interface BlobStore {
  /** Place of the files, in words. */
  readonly place: string;
  /**
   * Takes in all of `body`. Nothing is visible before the promise resolves, and nothing is left if it rejects.
   * @param expectedBytes what the body should come to, for a look at the free space; 0 if nobody knows
   * @throws AppError INSUFFICIENT_STORAGE, SERVICE_UNAVAILABLE
   */
  put(body: AsyncIterable<Uint8Array>, contentType: string, expectedBytes: number): Promise<FileInfo>;
  info(id: string): Promise<FileInfo | null>;
  /** @param range of bytes that the file has; all of it if left out */
  read(id: string, range?: ByteRange): Promise<Readable | null>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
  /** Null if uploads can be taken, else the reason in the words of `/readyz`. */
  trouble(): Promise<string | null>;
  /** Removes what uploads left that were cut off: what was last written before `before`. Gives how many. */
  removeCutOff(before: Date): Promise<number>;
  /** Looks at everything there is. Goes on while the store is in use. */
  scrub(options: ScrubOptions): AsyncIterable<ScrubEvent>;
}

export interface ScrubOptions {
  /** Puts aside damaged and orphaned files, rewrites what can be derived, and removes uploads that were cut off. */
  readonly repair: boolean;
}

export type ScrubEvent = ScrubProgress | ScrubFinding;

/** Age below which a scrub takes a file for part of an upload in flight. */
export const SETTLED_MS = 60 * 60 * 1000;

export interface ScrubProgress {
  readonly type: "progress";
  readonly files: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ScrubFinding {
  readonly type: "finding";
  readonly kind: FindingKind;
  /** Its path in the store. */
  readonly path: string;
  /** The problem, in words. */
  readonly problem: string;
  /** The repair; null without `repair`, or if nothing is to be done. */
  readonly repaired: string | null;
}

/**
 * - damaged: its bytes are not those it was named after, or cannot be read
 * - sidecar: what describes it is not there or makes no sense; the file itself is well
 * - orphaned: it describes a file that is not there
 * - half-written: an upload that was cut off
 * - foreign: nothing of ours
 */
export type FindingKind = "damaged" | "sidecar" | "orphaned" | "half-written" | "foreign";
