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

/** What a file service tells of a file. */
export interface StoredFile {
  readonly size: number;
  readonly sha256: string;
}

/**
 * What training asks of a file service, where files are known by the SHA-256 of their content. Training itself opens no
 * connection: `DataBankClient` of `@trainer/client` is one of these.
 */
export interface DataBank {
  /** Brings a file to `path`, where it appears whole and with the right hash, or not at all; goes on after a break. */
  readonly download: (id: Sha256, path: string, options?: TransferOptions) => Promise<StoredFile>;
  /** @param options `filename` is what the file is called when it is sent */
  upload(
    path: string,
    contentType: string,
    options?: TransferOptions & { readonly filename?: string },
  ): Promise<StoredFile>;
}

/** How far the fetching of something is that was not here. */
export interface FetchProgress extends TransferProgress {
  readonly what: "corpus" | "run";
  /** The file's of a corpus, the run's of a run. */
  readonly id: string;
}

/** Where to get what is not here: archived runs, and corpora by their ids. Without a `dataBank`, nowhere. */
export interface FetchContext {
  readonly dataBank?: DataBank | undefined;
  /** File ids of archives by run, of runs that this home knows nothing of: others have trained and sent them. */
  readonly archives?: ReadonlyMap<string, Sha256> | undefined;
  readonly onFetch?: ((progress: FetchProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a client of a file service throws. */
const Refusal = z.object({
  name: z.literal("ServiceError"),
  message: z.string(),
  status: z.int().nullable(),
  /** Whether the same request may come through later. */
  mayPass: z.boolean(),
});

/** A transfer's failure: TRANSIENT where it may pass, FATAL where it will not; what the disk says keeps its own code. */
export function transferFailure(error: unknown, code: ErrorCode, what: string): TrainingError {
  const said = Refusal.safeParse(error);
  if (!said.success) return TrainingError.from(error);
  const { mayPass, message } = said.data;
  return new TrainingError(code, `${what}: ${message}`, {
    failureClass: mayPass ? "TRANSIENT" : "FATAL",
    cause: error,
  });
}

/** Whether a file service has said that it has no such file. */
export const isAbsence = (error: unknown): boolean => Refusal.safeParse(error).data?.status === 404;
