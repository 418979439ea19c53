import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { parseJson, toJson, TrainSettings, UserIdText } from "@trainer/platform";
import { hasBegun, isId, openHome, runFolder, writeWhole } from "@trainer/training/files";
import { z } from "zod";

/** Hidden, so that no archive takes it along. */
const NAME = ".request.json";

const Stored = z.object({
  user_id: UserIdText,
  created_at: z.string(),
  request: TrainSettings,
});

/** Who asked for a run, when, and for what. */
export interface StoredRequest {
  readonly userId: bigint;
  /** ISO 8601, UTC, without a zone. */
  readonly createdAt: string;
  readonly request: TrainSettings;
}

/**
 * Keeps in each run's folder what was asked for. By it a run that Redis has forgotten is taken up again, and told from
 * one that somebody trains in the same home without a service.
 */
export class RequestStore {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  async keep(runId: string, { userId, createdAt, request }: StoredRequest): Promise<void> {
    const { path } = runFolder(this.#home, runId);
    await writeWhole(join(path, NAME), toJson({ user_id: String(userId), created_at: createdAt, request }));
  }

  /** Null for a run that no service was asked for, or whose request cannot be read. */
  async read(runId: string): Promise<StoredRequest | null> {
    try {
      const text = await readFile(join(runFolder(this.#home, runId).path, NAME), "utf8");
      const { user_id: userId, created_at: createdAt, request } = Stored.parse(parseJson(text));
      return { userId, createdAt, request };
    } catch {
      return null;
    }
  }

  /** Of a run that came to nothing before it began, no trace is left. */
  async settle(runId: string): Promise<void> {
    const folder = runFolder(this.#home, runId);
    if (await hasBegun(folder)) return;
    await rm(join(folder.path, NAME), { force: true });
    await rmdir(folder.path).catch(() => {}); // it holds something else
  }

  /** The ids of all runs that have a folder. */
  async runIds(): Promise<string[]> {
    const names = await readdir(openHome(this.#home).models).catch(() => []);
    return names.filter(isId);
  }
}
