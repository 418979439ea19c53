import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { isMethod } from "@trainer/tokenizers/capabilities";
import { TrainingError } from "../errors.js";
import { idsIn, measure } from "../home/folders.js";
import type { Home } from "../home/home.js";
import { TokenizerManifest } from "./manifest.js";
import { namedByRuns, runsNaming } from "../home/references.js";

/** A tokenizer of a home as lists show it. */
export interface TokenizerSummary {
  readonly id: string;
  readonly dir: string;
  /** Null if it cannot be opened; `problem` gives the reason. */
  readonly kind: string | null;
  readonly vocabSize: number | null;
  readonly problem: string | null;
  /** The method that made it, where that is a plugin's which is not loaded; else null. */
  readonly missingMethod: string | null;
  readonly createdAt: Date;
  readonly bytes: number;
  /** Ids of the runs that name it. */
  readonly runs: readonly string[];
}

/** The tokenizers of a home, the newest first. */
export async function listTokenizers(home: Home): Promise<TokenizerSummary[]> {
  const named = await namedByRuns(home);
  const found: TokenizerSummary[] = [];
  for (const id of await idsIn(home.tokenizers)) {
    const dir = join(home.tokenizers, id);
    const { bytes, mtimeMs } = await measure(dir);
    const manifest = await manifestIn(dir);
    const createdAt = new Date(manifest === undefined ? mtimeMs : manifest.created_at * 1000);
    found.push({
      id,
      dir,
      ...(await opened(dir, manifest?.config.method)),
      createdAt,
      bytes,
      runs: runsNaming(named, home, id),
    });
  }
  return found.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || a.id.localeCompare(b.id));
}

async function opened(
  dir: string,
  method: string | undefined,
): Promise<Pick<TokenizerSummary, "kind" | "vocabSize" | "problem" | "missingMethod">> {
  try {
    const { kind, vocabSize }: Tokenizer = await loadTokenizer(dir);
    return { kind, vocabSize, problem: null, missingMethod: null };
  } catch (error) {
    const unopened = { kind: null, vocabSize: null };
    if (method === undefined || isMethod(method))
      return { ...unopened, problem: TrainingError.from(error).message, missingMethod: null };
    const problem = `the plugin that brings the tokenizer "${method}" is not loaded: give it by --plugin`;
    return { ...unopened, problem, missingMethod: method };
  }
}

async function manifestIn(dir: string): Promise<TokenizerManifest | undefined> {
  try {
    return TokenizerManifest.safeParse(JSON.parse(await readFile(join(dir, "manifest.json"), "utf8"))).data;
  } catch {
    return undefined; // a folder that somebody put there has none
  }
}
