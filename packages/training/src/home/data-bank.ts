import type { Sha256 } from "@trainer/disk";
import { z } from "zod";
import { TrainingError, type ErrorCode } from "../errors.js";

export interface TransferProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface TransferOptions {
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file's description by a file service. */
export interface StoredFile {
  readonly size: number;
  readonly sha256: string;
}

/**
 * The part of a file service that training needs, where files have the SHA-256 of their content as ids. Training itself
 * opens no connection: `DataBankClient` of `@trainer/client` implements it.
 */
export interface DataBank {
  /**
   * Downloads a file to `path`, where it appears whole and with the right hash, or not at all; resumes after a break.
   */
  readonly download: (id: Sha256, path: string, options?: TransferOptions) => Promise<StoredFile>;
  /** @param options `filename` is what the file is called when it is sent */
  upload(
    path: string,
    contentType: string,
    options?: TransferOptions & { readonly filename?: string },
  ): Promise<StoredFile>;
}

/** Progress of a download. */
export interface FetchProgress extends TransferProgress {
  readonly what: "corpus" | "run";
  /** The file's of a corpus, the run's of a run. */
  readonly id: string;
}

/** Source of archived runs, and of corpora by their ids; none without a `dataBank`. */
export interface FetchContext {
  readonly dataBank?: DataBank | undefined;
  /** File ids of archives by run, of runs that this home knows nothing of: others have trained and sent them. */
  readonly archives?: ReadonlyMap<string, Sha256> | undefined;
  readonly onFetch?: ((progress: FetchProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An error of a file service's client. */
const Refusal = z.object({
  name: z.literal("ServiceError"),
  message: z.string(),
  status: z.int().nullable(),
  /** True if the same request may succeed later. */
  isTransient: z.boolean(),
});

/** A transfer's failure: TRANSIENT or FATAL; errors of the disk keep their own code. */
export function transferFailure(error: unknown, code: ErrorCode, what: string): TrainingError {
  const refusal = Refusal.safeParse(error);
  if (!refusal.success) return TrainingError.from(error);
  const { isTransient, message } = refusal.data;
  return new TrainingError(code, `${what}: ${message}`, {
    failureClass: isTransient ? "TRANSIENT" : "FATAL",
    cause: error,
  });
}

/** True if a file service has answered that it has no such file. */
export const isNotFound = (error: unknown): boolean => Refusal.safeParse(error).data?.status === 404;
