import type { TransferOptions } from "../../home/data-bank.js";

/** A file of a repository, as its listing announces it. */
export interface HubFile {
  readonly name: string;
  readonly size: number;
  readonly hash: { readonly algorithm: string; readonly hex: string };
}

/** A repository of a model at one commit. */
export interface HubRepository<File extends HubFile = HubFile> {
  /** owner/name */
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  readonly files: readonly File[];
}

/**
 * The part of a hub that pulling a model needs. Training itself opens no connection: `HubClient` of `@trainer/client/hub`
 * implements it.
 */
export interface ModelHub<File extends HubFile = HubFile> {
  /** Address without credentials. */
  readonly url: string;
  repository(name: string, revision: string, signal?: AbortSignal): Promise<HubRepository<File>>;
  /** Downloads a file to `path`, where it appears whole and with its hash, or not at all; resumes after a break. */
  download(repository: HubRepository<File>, file: File, path: string, options?: TransferOptions): Promise<void>;
}
