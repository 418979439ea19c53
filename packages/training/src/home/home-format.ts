import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno, makeFolder, unlessAbsent, writeJson } from "@trainer/disk";
import { z } from "zod";
import { TrainingError } from "../errors.js";
import { version } from "./version.js";

/**
 * Version of a home's layout. It grows when an earlier version of this program could misread a home, or write into it
 * what a later one misreads; a home without a file that says its format has the first.
 */
export const HOME_FORMAT = 1;

const FILE = "home.json";
const Format = z.object({ format: z.int().min(1), written_by: z.string() });

/**
 * Refuses the home of a later version; one that is not there yet is none's.
 * @throws TrainingError CONFLICT
 */
export async function checkHomeFormat(root: string): Promise<void> {
  await formatOf(root);
}

/**
 * Checks a home's format before somebody writes there, and notes it in a home that says none.
 * @throws TrainingError CONFLICT
 */
export async function claimHome(
  root: string,
  write: (path: string, value: unknown) => Promise<void> = writeJson,
): Promise<void> {
  if ((await formatOf(root)) !== null) return;
  try {
    await makeFolder(root);
    await write(join(root, FILE), { format: HOME_FORMAT, written_by: version });
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error; // what is there can be used and removed all the same
  }
}

async function formatOf(root: string): Promise<number | null> {
  const path = join(root, FILE);
  const text = await unlessAbsent(readFile(path, "utf8"));
  if (text === null) return null;
  const { format, written_by: by } = parsed(text, path);
  if (format <= HOME_FORMAT) return format;
  throw new TrainingError(
    "CONFLICT",
    `${root} was made by Model Trainer ${by} (format ${format} of a home), and this is ${version}, which knows format ` +
      `${HOME_FORMAT}: use that version or a later one, or another folder`,
  );
}

function parsed(text: string, path: string): z.output<typeof Format> {
  try {
    return Format.parse(JSON.parse(text));
  } catch (error) {
    const message =
      `${path} does not say a home's format: put the old file back, or remove it if the home is of no later version ` +
      `than this one, ${version}`;
    throw new TrainingError("CONFLICT", message, { cause: error });
  }
}
