import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const id = z.int().nonnegative();
const one = id.nullable().catch(null);
const several = z
  .union([id.transform((only) => [only]), z.array(id).min(1)]) // an empty list names none
  .nullable()
  .catch(null);
const Ids = z.looseObject({
  bos_token_id: one.default(null),
  eos_token_id: several.default(null),
  pad_token_id: one.default(null),
});

/** The special tokens that a folder's files themselves name, without the defaults of its family. */
export interface StoredIds {
  readonly bos: number | null;
  readonly pad: number | null;
  /** config.json's, which may be several; null where it names none. */
  readonly eos: readonly number[] | null;
  /** Ends of text: as in transformers, generation_config.json's if it names any. */
  readonly ends: readonly number[];
  /** generation_config.json, whole; null where there is none. */
  readonly generation: Readonly<Record<string, unknown>> | null;
}

/** Reads the special tokens of a folder; missing and unreadable files count as empty. */
export async function readStoredIds(dir: string): Promise<StoredIds> {
  const generation = await objectIn(join(dir, "generation_config.json"));
  const config = Ids.parse((await objectIn(join(dir, "config.json"))) ?? {});
  const { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad } = config;
  const ends = Ids.parse(generation ?? {}).eos_token_id ?? eos ?? [];
  return { bos, pad, eos, ends, generation };
}

async function objectIn(path: string): Promise<Record<string, unknown> | null> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
