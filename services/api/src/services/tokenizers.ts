import { randomInt } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, unlessAbsent } from "@trainer/disk";
import {
  TokenizerId,
  TokenizerStats,
  type QueuedTokenizers,
  type TokenizerAccepted,
  type TokenizerInfo,
  type TokenizerList,
  type TokenizerTrainRequest,
} from "@trainer/platform";
import type { TokenizerRecord, TokenizerRecords } from "@trainer/platform/redis";
import { isId, TokenizerManifest, type Home, type TextRoot } from "@trainer/training/files";
import { checkText } from "./check-text.js";
import { inBatches } from "./in-batches.js";
import type { Jobs } from "./jobs.js";
import { whereHomeIs } from "./where-home-is.js";

export interface TokenizersDeps {
  readonly home: Home;
  readonly records: TokenizerRecords;
  readonly queued: QueuedTokenizers;
  readonly jobs: Jobs;
  readonly texts: TextRoot;
}

/** Has tokenizers trained, and tells of them. */
export class Tokenizers {
  readonly #deps: TokenizersDeps;

  constructor(deps: TokenizersDeps) {
    this.#deps = deps;
  }

  async train(request: TokenizerTrainRequest): Promise<TokenizerAccepted> {
    const { home, records, queued, jobs, texts } = this.#deps;
    await checkText(texts, "corpus_path", request.corpus_path, "corpus");
    await jobs.assertRoom("tokenizer");
    const id = newTokenizerId();
    const createdAt = Date.now();
    await records.create(id, createdAt);
    await whereHomeIs(home, () => queued.keep({ tokenizerId: id, createdAt, request }));
    await jobs.add("tokenizer", id, { tokenizer_id: id, request });
    return { tokenizer_id: id, artifact_path: this.#path(id), coverage: null, oov_rate: null };
  }

  /** Works for an unknown one too: its status is then "unknown". */
  async info(tokenizerId: string): Promise<TokenizerInfo> {
    const record = await this.#deps.records.get(tokenizerId);
    return this.#infoOf(record.status === "unknown" ? ((await this.#onDisk(tokenizerId)) ?? record) : record);
  }

  /** One that Redis has forgotten, or that was made in this home without a service; null where there is none. */
  async #onDisk(tokenizerId: string): Promise<TokenizerRecord | null> {
    if (!isId(tokenizerId)) return null;
    try {
      const text = await readFile(join(this.#path(tokenizerId), "manifest.json"), "utf8");
      const { stats } = TokenizerManifest.parse(JSON.parse(text));
      return {
        tokenizerId,
        status: "completed",
        stats: TokenizerStats.nullable().catch(null).parse(stats),
        message: null,
      };
    } catch {
      return null;
    }
  }

  /** The newest first; those that runs or the command line have made in this home are among them. */
  async list(limit: number): Promise<TokenizerList> {
    const requested = await this.#deps.records.list(limit);
    const known = new Set(requested.map(({ tokenizerId }) => tokenizerId));
    const folders = (await this.#folders()).filter(({ id }) => !known.has(id)).slice(0, limit);
    const made = await inBatches(folders, BATCH, async ({ id, createdAt }) => {
      const record = await this.#onDisk(id);
      return record === null ? [] : [{ ...record, createdAt }];
    });
    const all = [...requested, ...made.flat()].toSorted((a, b) => b.createdAt - a.createdAt);
    return { tokenizers: all.slice(0, limit).map((record) => this.#infoOf(record)) };
  }

  /** The folders of tokenizers, those that were last written to first. */
  async #folders(): Promise<{ readonly id: string; readonly createdAt: number }[]> {
    const ids = (await namesIn(this.#deps.home.tokenizers)).filter(isId);
    const found = await inBatches(ids, BATCH, async (id) => {
      const info = await unlessAbsent(stat(this.#path(id)));
      return info === null ? [] : [{ id, createdAt: info.mtimeMs }];
    });
    return found.flat().toSorted((a, b) => b.createdAt - a.createdAt);
  }

  #infoOf({ tokenizerId, status, stats, message, progress }: TokenizerRecord): TokenizerInfo {
    const unmeasured = { coverage: null, oov_rate: null, token_count: null, char_coverage: null };
    const about = { tokenizer_id: tokenizerId, artifact_path: this.#path(tokenizerId), status };
    return {
      ...about,
      ...unmeasured,
      ...stats,
      ...(message === null ? {} : { message }),
      ...(progress === undefined ? {} : { progress }),
    };
  }

  /** Empty for what can be no tokenizer's id. */
  #path(tokenizerId: string): string {
    return isId(tokenizerId) ? join(this.#deps.home.tokenizers, tokenizerId) : "";
  }
}

/** Number of folders that are looked at a time. */
const BATCH = 64;

const DIGITS = 10;
const newTokenizerId = (): TokenizerId =>
  TokenizerId.parse(`tok-${String(randomInt(10 ** DIGITS)).padStart(DIGITS, "0")}`);
