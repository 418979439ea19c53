import { createHash, type Hash } from "node:crypto";
import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { COMPANIONS, loadTokenizer, type Frame } from "@trainer/tokenizers";
import { temporaryFolder } from "../home/temporary-folder.js";
import type { BinDType } from "./bin-format.js";

/** The ids of documents one after another, and how many each has. */
export interface EncodedDocuments {
  readonly ids: Uint16Array | Uint32Array;
  readonly counts: Uint32Array;
  /** Number of special tokens that they spelled, where these are allowed. */
  readonly specialTokens: number;
}

/** The part of a tokenizer that encodes a corpus. */
export interface BinTokenizer {
  readonly vocabSize: number;
  readonly specials: { readonly eos: number | null; readonly unk: number | null };
  /** Default begin and end tokens of a document. */
  readonly frame: Frame;
  encodeBatch(
    documents: { bytes: Uint8Array; ends: Uint32Array },
    into: { dtype: BinDType; eos: number | null; threads?: number; specialTokens?: boolean },
  ): Promise<EncodedDocuments>;
  decode(ids: Iterable<number>, options: { readonly skipSpecial: boolean }): string;
  save(folder: string): Promise<void>;
}

/** SHA-256, as hex, of the files that a tokenizer is saved as. */
export async function tokenizerSha256(tokenizer: Pick<BinTokenizer, "save">): Promise<string> {
  await using folder = await temporaryFolder();
  await tokenizer.save(folder.path);
  return (await hashOf(folder.path)).digest("hex");
}

/**
 * The same of what decides a corpus' ids: its own files, without those beside them, which differ from run to run, and the
 * tokens that end documents and stand for what is unknown, where those files name others than would be found.
 */
export async function encodingSha256(tokenizer: Pick<BinTokenizer, "save" | "specials">): Promise<string> {
  await using folder = await temporaryFolder();
  await tokenizer.save(folder.path);
  const beside = (await readdir(folder.path)).filter((name) => COMPANIONS.some((other) => other === name));
  for (const name of beside) await rm(join(folder.path, name));
  const hash = await hashOf(folder.path);
  if (beside.length > 0) {
    const { eos, unk } = tokenizer.specials;
    const found = (await loadTokenizer(folder.path)).specials;
    if (found.eos !== eos || found.unk !== unk) hash.update(JSON.stringify({ eos, unk }));
  }
  return hash.digest("hex");
}

async function hashOf(folder: string): Promise<Hash> {
  const hash = createHash("sha256");
  for (const name of (await readdir(folder)).sort()) {
    const bytes = await readFile(join(folder, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash;
}
