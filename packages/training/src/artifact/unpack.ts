import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import {
  errnoOf,
  folderBeside,
  placeFolder,
  syncFolder,
  unlessAbsent,
  writeSynced,
  writeText,
  isFolder,
} from "@trainer/disk";
import type { Extract } from "tar-stream";
import { z } from "zod";
import { TrainingError } from "../errors.js";
import { withPointer } from "./pointer.js";
import { Counter, ExpansionLimit, UNPACK_LIMITS, type UnpackLimits } from "./tar/limits.js";
import { archiveRoot, MemberNames } from "./tar/names.js";
import { refused, StrictTar } from "./tar/strict-tar.js";

export interface UnpackOptions {
  /** Id of the run; its files are in `model-<run id>/` in the archive. */
  readonly runId: string;
  /** The SHA-256 that the archive must have: the id under which a file service keeps it. The manifest gets it as pointer. */
  readonly fileId: string;
  readonly limits?: Partial<UnpackLimits>;
}

/**
 * Makes `dir` of a run's archive, as it comes from `open`. The folder appears whole or not at all: it is written beside its place,
 * synced, and moved there when the hash has proved right. Where there is a folder at `dir` by then, that one stays.
 *
 * @throws TrainingError ARTIFACT_DOWNLOAD_FAILED for an archive that is damaged, is not the one of that id, or would do
 * anything but fill that folder with files and folders: names that lead elsewhere, that are not plain or clash, links,
 * devices, attributes that rename or resize, more than the limits, anything behind its end. What else fails, the source or
 * the disk, keeps its own code.
 */
export async function unpackRun(open: () => Readable, dir: string, options: UnpackOptions): Promise<void> {
  const tmp = await folderBeside(dirname(dir));
  try {
    await fill(tmp, open, options);
    await placeFolder(tmp, dir, () => isFolder(dir));
  } catch (error) {
    await rm(tmp, { recursive: true, force: true });
    throw TrainingError.from(error);
  }
}

async function fill(tmp: string, open: () => Readable, { runId, fileId, limits }: UnpackOptions): Promise<void> {
  const packed = new Counter();
  const gunzip = createGunzip();
  const limit = new ExpansionLimit({ ...UNPACK_LIMITS, ...limits }, () => packed.bytes);
  const { extract } = await import("tar-stream"); // here, or every command would load it
  const members = extract();
  const flowing = pipeline(open(), packed, gunzip, limit, new StrictTar(), members);
  const ends = await Promise.allSettled([write(members, tmp, archiveRoot(runId)), flowing]);
  const failures = ends.filter((end) => end.status === "rejected").map((end): unknown => end.reason);
  // Each stops the other, and so has the other's reason or is only stopped.
  const cause = failures.find((reason) => !wasStopped(reason));
  if (failures.length > 0) throw asRefusal(cause ?? refused("it ends too soon"));
  if (gunzip.bytesWritten !== packed.bytes) throw refused("something follows its end");
  const sha256 = packed.sha256();
  if (sha256 !== fileId) throw refused(`its SHA-256 is ${sha256}, not ${fileId}`);
  await point(join(tmp, "manifest.json"), fileId);
}

const wasStopped = (reason: unknown) => STOPPED.has(errnoOf(reason));
/** Codes of a member that is read after the flow has ended, and of a flow without a reader. */
const STOPPED = new Set(["STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE"]);

/** Errors of gunzip mean that the archive is damaged; others have codes of their own. */
const asRefusal = (error: unknown): unknown =>
  error instanceof Error && errnoOf(error).startsWith("Z_") ? refused(error.message, { cause: error }) : error;

async function write(members: Extract, tmp: string, root: string): Promise<void> {
  const names = new MemberNames(root, refused);
  const folders = new Set<string>([tmp]);
  for await (const member of members) {
    const folder = member.header.type === "directory";
    const name = names.add(member.header.name, folder);
    if (name === "lock.json") throw refused("it holds the lock of a process elsewhere");
    const path = join(tmp, name);
    const parent = folder ? path : dirname(path);
    await mkdir(parent, { recursive: true });
    for (let each = parent; each !== tmp; each = dirname(each)) folders.add(each);
    if (folder) member.resume();
    else await writeMember(path, member);
  }
  for (const each of folders) await syncFolder(each);
}

const writeMember = (path: string, contents: AsyncIterable<unknown>): Promise<void> =>
  writeSynced(path, async (file) => {
    for await (const chunk of contents) await file.writeFile(z.instanceof(Buffer).parse(chunk));
  });

async function point(manifest: string, fileId: string): Promise<void> {
  const text = await unlessAbsent(readFile(manifest, "utf8"));
  if (text === null) throw refused("it holds no manifest.json");
  await writeText(manifest, withPointer(text, fileId));
}
