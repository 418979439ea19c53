import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeFolder, namesIn, writeText } from "@trainer/disk";
import { z } from "zod";
import { toWireJson } from "./json.js";
import { TokenizerId } from "./schemas/ids.js";
import { TokenizerTrainRequest } from "./schemas/tokenizer.js";

const Stored = z.object({ created_at: z.number(), request: TokenizerTrainRequest });

export interface QueuedTokenizer {
  readonly tokenizerId: TokenizerId;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly request: TokenizerTrainRequest;
}

export const queuedTokenizersFolder = (home: string): string => join(home, "queued-tokenizers");

/** Requests for tokenizers that have not ended, in a home: by them a tokenizer that Redis has forgotten is queued again. */
export class QueuedTokenizers {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = queuedTokenizersFolder(home);
  }

  async keep({ tokenizerId, createdAt, request }: QueuedTokenizer): Promise<void> {
    await makeFolder(this.#folder);
    await writeText(this.#path(tokenizerId), toWireJson({ created_at: createdAt, request }));
  }

  /** Removes a tokenizer that has ended. */
  async settle(tokenizerId: TokenizerId): Promise<void> {
    await rm(this.#path(tokenizerId), { force: true });
  }

  /** Those that can be read. */
  async all(): Promise<QueuedTokenizer[]> {
    const ids = (await namesIn(this.#folder)).map((name) => TokenizerId.safeParse(basename(name, ".json")).data);
    const all: QueuedTokenizer[] = [];
    for (const tokenizerId of ids) if (tokenizerId !== undefined) all.push(...(await this.#read(tokenizerId)));
    return all;
  }

  async #read(tokenizerId: TokenizerId): Promise<QueuedTokenizer[]> {
    try {
      const { created_at: createdAt, request } = Stored.parse(
        JSON.parse(await readFile(this.#path(tokenizerId), "utf8")),
      );
      return [{ tokenizerId, createdAt, request }];
    } catch {
      return [];
    }
  }

  #path(tokenizerId: TokenizerId): string {
    return join(this.#folder, `${tokenizerId}.json`);
  }
}
