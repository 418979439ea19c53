import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "@trainer/tokenizers";
import { temporaryFolder } from "../home/temporary-folder.js";
import type { BinDType } from "./bin-format.js";

/** The ids of documents one after another, and how many each has. */
export interface EncodedDocuments {
  readonly ids: Uint16Array | Uint32Array;
  readonly counts: Uint32Array;
  /** How many special tokens they spelled, where these were let through. */
  readonly specialTokens: number;
}

/** What of a tokenizer is needed to encode a corpus. */
export interface BinTokenizer {
  readonly vocabSize: number;
  readonly specials: { readonly eos: number | null; readonly unk: number | null };
  /** What stands around a document unless something else is asked for. */
  readonly frame: Frame;
  encodeBatch(
    documents: { bytes: Uint8Array; ends: Uint32Array },
    into: { dtype: BinDType; eos: number | null; threads?: number; specialTokens?: boolean },
  ): Promise<EncodedDocuments>;
  decode(ids: Iterable<number>, options: { readonly skipSpecial: boolean }): string;
  save(folder: string): Promise<void>;
}

/** SHA-256, as hex, of the files that a tokenizer is saved as: whatever changes an id changes them. */
export async function tokenizerSha256(tokenizer: Pick<BinTokenizer, "save">): Promise<string> {
  await using folder = await temporaryFolder();
  await tokenizer.save(folder.path);
  const hash = createHash("sha256");
  for (const name of (await readdir(folder.path)).sort()) {
    const bytes = await readFile(join(folder.path, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}
