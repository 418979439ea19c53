import { randomInt } from "node:crypto";
import { join } from "node:path";
import {
  TokenizerId,
  type QueuedTokenizers,
  type TokenizerAccepted,
  type TokenizerInfo,
  type TokenizerList,
  type TokenizerTrainRequest,
} from "@trainer/platform";
import type { TokenizerRecord, TokenizerRecords } from "@trainer/platform/redis";
import { isId, type Home, type TextRoot } from "@trainer/training/files";
import { checkText } from "./check-text.js";
import { FolderTokenizers } from "./folder-tokenizers.js";
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
  readonly #inHome: FolderTokenizers;

  constructor(deps: TokenizersDeps) {
    this.#deps = deps;
    this.#inHome = new FolderTokenizers(deps.home);
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
    return this.#infoOf(record.status === "unknown" ? ((await this.#inHome.one(tokenizerId)) ?? record) : record);
  }

  /** The newest first; those that runs or the command line have made in this home are among them. */
  async list(limit: number): Promise<TokenizerList> {
    const requested = await this.#deps.records.list(limit);
    const made = await this.#inHome.newest(limit, new Set(requested.map(({ tokenizerId }) => tokenizerId)));
    const all = [...requested, ...made].toSorted((a, b) => b.createdAt - a.createdAt);
    return { tokenizers: all.slice(0, limit).map((record) => this.#infoOf(record)) };
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

const DIGITS = 10;
const newTokenizerId = (): TokenizerId =>
  TokenizerId.parse(`tok-${String(randomInt(10 ** DIGITS)).padStart(DIGITS, "0")}`);
