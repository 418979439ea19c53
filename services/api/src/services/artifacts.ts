import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { unlessAbsent } from "@trainer/disk";
import { AppError, background } from "@trainer/platform";
import { type DataBankClient, ServiceError } from "@trainer/client/data-bank";
import type { RunRecords } from "@trainer/platform/redis";
import { tokenizerFiles } from "@trainer/tokenizers/capabilities";
import { archiveName, archivedFileId, hasBegun, isId, packRun, runFolder, type Home } from "@trainer/training/files";

export interface ArtifactsDeps {
  readonly home: Home;
  readonly records: RunRecords;
  /** The file service where archives of runs are; null where none is known. */
  readonly dataBank: DataBankClient | null;
}

/** A file for a client to keep. */
export interface Artifact {
  readonly name: string;
  readonly contentType: string;
  readonly content: Readable;
  /** Null where it is only known at the end. */
  readonly bytes: number | null;
}

/** Artifacts as files: a run as its archive, a tokenizer as its file. */
export class Artifacts {
  readonly #deps: ArtifactsDeps;

  constructor(deps: ArtifactsDeps) {
    this.#deps = deps;
  }

  /** @throws AppError DATA_NOT_FOUND */
  async open(kind: "models" | "tokenizers", id: string): Promise<Artifact> {
    const artifact = !isId(id) ? null : await (kind === "models" ? this.#run(id) : this.#tokenizer(id));
    if (artifact === null) throw new AppError("DATA_NOT_FOUND", `there is no artifact of ${kind}/${id}`);
    return artifact;
  }

  /** From the file service if it is there, else packed from the run's folder. */
  async #run(runId: string): Promise<Artifact | null> {
    const { home, records, dataBank } = this.#deps;
    const about = { name: archiveName(runId), contentType: "application/gzip" };
    const fileId = (await records.archive(runId)) ?? (await archivedFileId(home, runId));
    if (fileId !== null && dataBank !== null) {
      const { content, size } = await dataBank.read(fileId).catch(upstream);
      return { ...about, content, bytes: size };
    }
    const folder = runFolder(home.root, runId);
    if (!(await hasBegun(folder))) return null;
    const content = new PassThrough();
    background(packRun(folder.path, runId, content), () => content.destroy()); // an answer that breaks off has failed
    return { ...about, content, bytes: null };
  }

  async #tokenizer(id: string): Promise<Artifact | null> {
    for (const name of tokenizerFiles) {
      const path = join(this.#deps.home.tokenizers, id, name);
      const info = await unlessAbsent(stat(path));
      if (!info?.isFile()) continue;
      const contentType = name.endsWith(".json") ? "application/json" : "application/octet-stream";
      return { name, contentType, content: createReadStream(path), bytes: info.size };
    }
    return null;
  }
}

/** @throws AppError ARTIFACT_DOWNLOAD_FAILED, or DATA_NOT_FOUND where the file service no longer has it */
function upstream(cause: unknown): never {
  if (cause instanceof ServiceError && cause.status === 404) {
    throw new AppError("DATA_NOT_FOUND", "the file service no longer has the run's archive", { cause });
  }
  throw new AppError("ARTIFACT_DOWNLOAD_FAILED", "the file service did not give the run's archive", { cause });
}
