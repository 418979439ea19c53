import { join } from "node:path";
import { openFile, resolveInside, type OpenedFile } from "@trainer/disk";
import { AppError, type Vocabulary } from "@trainer/platform";
import {
  MOST_VOCABULARY_BYTES,
  readVocabulary,
  tokenizerFiles,
  TokenizerError,
} from "@trainer/tokenizers/capabilities";
import { isId, type Home } from "@trainer/training/files";
import { z } from "zod";
import { Recent } from "./recent.js";
import { summaryOf, tokensFound, wireToken, type ReadVocabulary } from "./vocabulary-summary.js";

export interface VocabularyQuery {
  /** What is searched for; empty: nothing. */
  readonly q: string;
  readonly offset: number;
  readonly limit: number;
}

/** Vocabularies that are kept in memory: of a large one some tens of megabytes. */
const KEPT = 2;

/** What the tokenizers of a home know, by their files alone. */
export class Vocabularies {
  readonly #home: Home;
  readonly #read = new Recent<ReadVocabulary>(KEPT);

  constructor(home: Home) {
    this.#home = home;
  }

  /** @throws AppError TOKENIZER_NOT_FOUND; TOKENIZER_LOAD_FAILED for a damaged file, or one of an unknown kind */
  async page(tokenizerId: string, { q, offset, limit }: VocabularyQuery): Promise<Vocabulary> {
    const { tokens, summary } = await this.#of(tokenizerId);
    const found = q === "" ? tokens : await tokensFound(tokens, q);
    return {
      tokenizer_id: tokenizerId,
      ...summary,
      found: found.length,
      tokens: found.slice(offset, offset + limit).map((token) => wireToken(token)),
    };
  }

  async #of(id: string): Promise<ReadVocabulary> {
    const opened = isId(id) ? await tokenizerFile(this.#home.tokenizers, id) : null;
    if (opened === null) throw new AppError("TOKENIZER_NOT_FOUND", `there is no tokenizer ${JSON.stringify(id)} here`);
    await using file = opened.file;
    const { size, mtimeMs, ino } = opened.info;
    if (size > MOST_VOCABULARY_BYTES) throw refusal(id, new Error("the file is larger than any"));
    return await this.#read.get(`${id} ${ino} ${size} ${mtimeMs}`, async () => {
      const tokens = await readVocabulary(await file.readFile()).catch((cause: unknown) => {
        throw refusal(id, z.instanceof(TokenizerError).parse(cause));
      });
      return { tokens, summary: await summaryOf(tokens) };
    });
  }
}

function refusal(id: string, cause: Error): AppError {
  const message = `the tokens of ${id} cannot be listed: ${cause.message}`;
  return new AppError("TOKENIZER_LOAD_FAILED", message, { cause, status: 400 });
}

/** The file of a tokenizer: no link that leads elsewhere, nor what is no file. */
async function tokenizerFile(folder: string, id: string): Promise<OpenedFile | null> {
  for (const name of tokenizerFiles) {
    const path = await resolveInside(folder, join(id, name));
    const opened = path === null ? null : await openFile(path);
    if (opened !== null) return opened;
  }
  return null;
}
