import { stat } from "node:fs/promises";
import { join } from "node:path";
import { exportedName, unlessAbsent } from "@trainer/disk";
import { INDEX_FILE, WEIGHTS_FILE } from "@trainer/models/capabilities";
import type { Home, OpenModel } from "@trainer/training";
import type { Archives } from "./messages.js";

export interface CacheLimits {
  readonly count: number;
  readonly bytes: number;
  readonly idleSec: number;
}

/** @param archives where one may be fetched from that is not here */
type Open = (runId: string, archives?: Archives) => Promise<OpenModel>;

interface Entry {
  /** Version of the files it was opened from. */
  version: string;
  readonly model: Promise<OpenModel>;
  /** Bytes of the weights; known once it is open. */
  bytes: number;
  users: number;
  /** Out of the cache, and to be closed by its last user. */
  dropped: boolean;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Keeps the models of the last requests open: the least recently used goes first, once there are more of them or more
 * bytes than the limits allow, and idle ones go too. A run that has changed on disk is opened again.
 */
export class ModelCache {
  readonly #entries = new Map<string, Entry>();
  readonly #home: Home;
  readonly #limits: CacheLimits;
  readonly #open: Open;

  constructor(home: Home, limits: CacheLimits, open: Open) {
    this.#home = home;
    this.#limits = limits;
    this.#open = open;
  }

  /** Runs `body` with the run's model, which stays open at least as long. */
  async with<T>(runId: string, body: (model: OpenModel) => Promise<T>, archives?: Archives): Promise<T> {
    const entry = this.#entryOf(runId, await this.#version(runId), archives);
    entry.users += 1;
    clearTimeout(entry.idle);
    try {
      const model = await entry.model;
      if (entry.version === ABSENT) entry.version = await this.#version(runId); // it was fetched meanwhile
      entry.bytes = bytesOf(model);
      this.#shrink();
      return await body(model);
    } catch (error) {
      if (entry.bytes === 0) this.#drop(runId, entry); // it could not be opened
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#rest(runId, entry);
    }
  }

  /** Ids of the models that are open, the one used longest ago first. */
  get open(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Closes them all; those in use are closed by their last users. */
  async close(): Promise<void> {
    const entries = [...this.#entries];
    for (const [runId, entry] of entries) this.#drop(runId, entry);
    await Promise.allSettled(entries.map(([, { model }]) => model));
  }

  #entryOf(runId: string, version: string, archives: Archives | undefined): Entry {
    const found = this.#entries.get(runId);
    if (found !== undefined && found.version !== version) this.#drop(runId, found);
    const entry = this.#entries.get(runId) ?? {
      version,
      model: this.#open(runId, archives),
      bytes: 0,
      users: 0,
      dropped: false,
      idle: undefined,
    };
    this.#entries.delete(runId); // and to the end, as the one used last
    this.#entries.set(runId, entry);
    return entry;
  }

  #shrink(): void {
    const bytes = () => [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [runId, entry] of [...this.#entries].slice(0, -1)) {
      if (this.#entries.size <= this.#limits.count && bytes() <= this.#limits.bytes) return;
      this.#drop(runId, entry);
    }
  }

  #drop(runId: string, entry: Entry): void {
    if (this.#entries.get(runId) === entry) this.#entries.delete(runId);
    entry.dropped = true;
    clearTimeout(entry.idle);
    if (entry.users === 0) close(entry);
  }

  #rest(runId: string, entry: Entry): void {
    if (entry.dropped) return close(entry);
    entry.idle = setTimeout(() => this.#drop(runId, entry), this.#limits.idleSec * 1000);
    entry.idle.unref();
  }

  /** Changes with the model's files; a run that is not here yet has a version too. */
  async #version(modelId: string): Promise<string> {
    const exported = exportedName(modelId);
    const dir = exported === null ? join(this.#home.models, modelId) : join(this.#home.exports, exported);
    const stats = await Promise.all(FILES.map((name) => unlessAbsent(stat(join(dir, name), { bigint: true }))));
    const versions = stats.map((info) => (info === null ? "-" : `${info.ino}:${info.size}:${info.mtimeNs}`));
    return versions.every((version) => version === "-") ? ABSENT : versions.join(" ");
  }
}

/** An exported model has no manifest; of weights in several files the list changes with them. */
const FILES = ["manifest.json", "config.json", WEIGHTS_FILE, INDEX_FILE, "tokenizer.json"];

/** Version of a run that is not here. */
const ABSENT = "-";

/** A failed opening needs no closing. */
const close = (entry: Entry): void => {
  entry.model.then(
    (model) => model[Symbol.dispose](),
    () => {},
  );
};

const bytesOf = ({ model }: OpenModel): number =>
  model.params.list().reduce((sum, tensor) => sum + tensor.numel * 4, 0);
