import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent, writeJson } from "@trainer/disk";
import { z } from "zod";
import type { HubFile, HubRepository } from "./hub.js";

/** Where a folder's model is from: beside it, in this file. */
export const PULLED_FILE = "pulled.json";

export const PulledRecord = z.object({
  repository: z.string(),
  revision: z.string(),
  commit: z.string(),
  hub: z.string(),
  files: z.array(z.object({ name: z.string(), size: z.number(), algorithm: z.string(), hash: z.string() })),
});
export type PulledRecord = z.output<typeof PulledRecord>;

export async function writePulled(
  dir: string,
  { name, revision, commit }: HubRepository,
  hub: string,
  files: readonly HubFile[],
): Promise<void> {
  const listed = files.map(({ name: file, size, hash }) => ({
    name: file,
    size,
    algorithm: hash.algorithm,
    hash: hash.hex,
  }));
  const record: PulledRecord = { repository: name, revision, commit, hub, files: listed };
  await writeJson(join(dir, PULLED_FILE), record);
}

/** The record of a folder; null where its model was not pulled. */
export async function readPulled(dir: string): Promise<PulledRecord | null> {
  const text = await unlessAbsent(readFile(join(dir, PULLED_FILE), "utf8"));
  try {
    return PulledRecord.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}

/** True if every file of a record is there as long as it was. */
export async function isWhole(dir: string, { files }: PulledRecord): Promise<boolean> {
  for (const { name, size } of files) if ((await unlessAbsent(stat(join(dir, name))))?.size !== size) return false;
  return true;
}
