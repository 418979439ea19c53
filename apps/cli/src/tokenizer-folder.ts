import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Tokenizer } from "@trainer/tokenizers";
import { UsageError } from "./errors.js";

export interface SavedTokenizer {
  readonly id: string;
  readonly path: string;
}

/**
 * Writes a tokenizer with its manifest as a folder that appears whole: `out`, or in `tokenizers` under an id that
 * follows from its contents, where an equal one that is there already is left as it is.
 */
export async function saveTokenizer(
  tokenizer: Tokenizer,
  manifest: object,
  { out, tokenizers, force }: { out: string | null; tokenizers: string; force: boolean },
): Promise<SavedTokenizer> {
  const parent = out === null ? tokenizers : dirname(resolve(out));
  await mkdir(parent, { recursive: true });
  const tmp = join(parent, `.${randomUUID()}.tmp`);
  try {
    await mkdir(tmp);
    await tokenizer.save(tmp);
    await writeFile(join(tmp, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    const path = out === null ? join(parent, await contentId(tmp, tokenizer)) : resolve(out);
    if (force) await rm(path, { recursive: true, force: true });
    if (out !== null || !(await exists(path))) await rename(tmp, path);
    return { id: basename(path), path };
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}

/** Refuses a folder that holds something, before hours of work that would have nowhere to go. */
export async function assertFree(out: string): Promise<void> {
  const entries = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length > 0)
    throw new UsageError(`--out ${out} is not empty; name a new folder, or replace it with --force`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function contentId(folder: string, { vocabSize }: Tokenizer): Promise<string> {
  const hash = createHash("sha256").update(await readFile(join(folder, "tokenizer.json")));
  return `bpe-${vocabSize}-${hash.digest("hex").slice(0, 12)}`;
}
