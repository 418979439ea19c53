import { PassThrough, type Writable } from "node:stream";
import type { DataBankClient } from "@trainer/client/data-bank";
import { background, type ExportedModelList, type ExportList } from "@trainer/platform";
import type { RunRecords } from "@trainer/platform/redis";
import { listExported, openExport, type ExportChoice, type Home, type OpenExport } from "@trainer/training/files";
import type { Artifact } from "./artifacts.js";
import { checkRunId } from "./check-run-id.js";
import { exportRefusal } from "./export-refusal.js";
import type { RunFiles } from "./run-files.js";

export interface ExportsDeps {
  readonly home: Home;
  readonly runs: Pick<RunFiles, "needRun">;
  readonly records: Pick<RunRecords, "archive">;
  /** The file service where archives of runs are; null where none is known. */
  readonly dataBank: DataBankClient | null;
}

/** Models as the folders that other programs load: of completed runs, each as one file, and those that lie in the home. */
export class Exports {
  readonly #deps: ExportsDeps;

  constructor(deps: ExportsDeps) {
    this.#deps = deps;
  }

  /**
   * A run whose files lie in the file service alone is brought back first.
   * @throws AppError RUN_NOT_FOUND, DATA_NOT_FOUND, MODEL_NOT_FOUND, CONFLICT, UNSUPPORTED_BACKEND,
   * ARTIFACT_DOWNLOAD_FAILED, INSUFFICIENT_STORAGE
   */
  async list(run: string, choice: ExportChoice): Promise<ExportList> {
    await using exported = await this.#open(run, choice);
    const { bytes, files, notes } = exported;
    const named = files.map(({ name, bytes }) => ({ path: name, bytes }));
    return { run_id: run, name: archiveOf(exported), bytes, files: named, notes: [...notes] };
  }

  /** The archive, made as it is read. @throws AppError as {@link list} */
  async download(run: string, choice: ExportChoice): Promise<Artifact> {
    const exported = await this.#open(run, choice);
    const content = new PassThrough();
    background(send(exported, content), () => content.destroy()); // an answer that breaks off has failed
    return { name: archiveOf(exported), contentType: "application/x-tar", content, bytes: exported.bytes };
  }

  /** The exported models that lie in the home. */
  async models(): Promise<ExportedModelList> {
    const found = await listExported(this.#deps.home);
    return {
      models: found.map(({ id, name, modelType, bytes, modified }) => {
        return { model_id: id, name, model_type: modelType, bytes, modified: modified.toISOString() };
      }),
    };
  }

  async #open(run: string, choice: ExportChoice): Promise<OpenExport> {
    const runId = checkRunId(run);
    await this.#deps.runs.needRun(runId);
    const { home, records, dataBank } = this.#deps;
    try {
      const recorded = await records.archive(runId);
      const archives = new Map(recorded === null ? [] : [[runId, recorded]]);
      return await openExport(home, runId, choice, { dataBank: dataBank ?? undefined, archives });
    } catch (cause) {
      throw exportRefusal(cause);
    }
  }
}

const archiveOf = ({ name }: OpenExport): string => `${name}.tar`;

async function send(exported: OpenExport, to: Writable): Promise<void> {
  await using open = exported;
  await open.writeTo(to);
}
