import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DataBankClient } from "@trainer/client/data-bank";
import {
  archivedFileId,
  archiveName,
  cleanRun,
  openHome,
  packRun,
  recordArchive,
  restoreRun,
  runFolder,
  TrainingError,
  type OpenModel,
} from "@trainer/training";
import type { ChildConfig } from "../config.js";
import { contained, corpusFolder } from "./contained.js";

interface CorpusOf {
  readonly corpus_file_id: string | null;
  readonly corpus_path: string | null;
}

/** Where corpora come from, and where what was trained goes. */
export class Storage {
  readonly home;
  readonly #config: ChildConfig;
  readonly #client: DataBankClient | null;

  constructor(config: ChildConfig) {
    this.#config = config;
    this.home = openHome(config.artifactsRoot);
    const { dataBank } = config;
    this.#client =
      dataBank === null ? null : new DataBankClient({ url: dataBank.url, apiKey: dataBank.apiKey || undefined });
  }

  /** The path of a request's corpus; a file of the file service is brought here first, and kept. */
  async corpus({ corpus_file_id: id, corpus_path: path }: CorpusOf, signal: AbortSignal): Promise<string> {
    const { dataRoot } = this.#config;
    if (id === null) return await contained(corpusFolder(dataRoot), String(path));
    const cache = resolve(dataRoot, "corpus_cache");
    await mkdir(cache, { recursive: true });
    const cached = join(cache, `${id}.txt`);
    if (await stat(cached).catch(() => null)) return cached;
    await this.#service(`the corpus ${id} is`).download(id, cached, { signal });
    return cached;
  }

  /** Has the corpus of a run here again, where that is a file of the file service and its copy has gone. */
  async corpusOf({ manifest }: OpenModel, signal: AbortSignal): Promise<void> {
    const cache = resolve(this.#config.dataRoot, "corpus_cache");
    const path = manifest?.corpus_path ?? "";
    if (dirname(path) !== cache) return;
    await this.corpus({ corpus_file_id: basename(path, ".txt"), corpus_path: null }, signal);
  }

  /** Has a run here again whose folder went when its archive was safe. */
  async run(runId: string): Promise<void> {
    const client = this.#client;
    if (client === null || (await archivedFileId(this.home, runId)) === null) return;
    if (await stat(runFolder(this.home.root, runId).path).catch(() => null)) return;
    const archive = join(this.home.models, `.${archiveName(runId)}.fetched`);
    try {
      await mkdir(this.home.models, { recursive: true });
      await client.download(String(await archivedFileId(this.home, runId)), archive);
      await restoreRun(this.home, runId, () => createReadStream(archive));
    } finally {
      await rm(archive, { force: true });
    }
  }

  /** Packs a run and sends it off; its id and size there. */
  async send(runId: string, signal: AbortSignal): Promise<{ fileId: string; bytes: number }> {
    const client = this.#service(`the archive of run ${runId} belongs`);
    const archive = join(this.home.models, `.${archiveName(runId)}`);
    try {
      const { bytes, sha256 } = await packRun(runFolder(this.home.root, runId).path, runId, createWriteStream(archive));
      const info = await client.upload(archive, "application/gzip", { signal });
      if (info.size !== bytes || info.file_id !== sha256) throw refused(`${info.size} bytes of ${bytes} arrived`);
      await recordArchive(this.home, runId, info.file_id);
      return { fileId: info.file_id, bytes };
    } finally {
      await rm(archive, { force: true });
    }
  }

  async clean(runId: string): Promise<void> {
    await cleanRun(this.home, runId, this.#config.cleanup);
  }

  #service(what: string): DataBankClient {
    if (this.#client !== null) return this.#client;
    throw refused(`${what} in the file service, and none is configured: set APP__DATA_BANK_API_URL`);
  }
}

const refused = (message: string) => new TrainingError("ARTIFACT_UPLOAD_FAILED", "FATAL", message);
