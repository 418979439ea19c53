import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pack } from "tar-stream";
import { z } from "zod";
import { TrainingError } from "../errors.js";
import { withoutPointer } from "./pointer.js";
import { runContents, type RunEntry } from "./run-contents.js";
import { Counter } from "./tar/limits.js";
import { archiveRoot, MemberNames } from "./tar/names.js";
import { StoredGzip } from "./tar/stored-gzip.js";
import { streamTar } from "./tar/stream-tar.js";

export interface Packed {
  readonly bytes: number;
  /** SHA-256 of the archive: its key in a content-addressed store. */
  readonly sha256: string;
}

/**
 * Writes a run's folder as a gzipped tar into `to`, and ends that: everything under `model-<run id>/`, folders included.
 * The same contents give the same bytes, on every machine and in every version: names are sorted, times, owners and modes
 * fixed, and the gzip is stored. Memory does not grow with the run. What goes in is for `runContents` to say; the manifest
 * goes in without the pointer to an earlier archive.
 *
 * @throws TrainingError ARTIFACT_UPLOAD_FAILED for what no archive can hold, and where a file changes meanwhile
 */
export async function packRun(dir: string, runId: string, to: Writable): Promise<Packed> {
  const packed = new Counter();
  const names = new MemberNames(archiveRoot(runId), unfit);
  try {
    await streamTar(
      async (archive) => {
        for (const entry of await runContents(dir)) await add(archive, names, entry);
      },
      (archive) => pipeline(archive, new StoredGzip(), packed, to),
    );
  } catch (error) {
    throw TrainingError.from(error);
  }
  return { bytes: packed.bytes, sha256: packed.sha256() };
}

const FIXED = { mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };

async function add(archive: Pack, names: MemberNames, entry: RunEntry): Promise<void> {
  const name = `${names.root}/${entry.name}${entry.type === "directory" ? "/" : ""}`;
  names.add(name, entry.type === "directory");
  if (!fits(name)) throw unfit(`"${entry.name}" is too long`);
  if (entry.size > LARGEST) throw unfit(`"${entry.name}" has ${entry.size} bytes, and ${LARGEST} is the most`);
  if (entry.type === "directory") {
    archive.entry({ ...FIXED, name, type: "directory", mode: 0o755 });
    return;
  }
  const header = { ...FIXED, name, type: "file", mode: 0o644 } as const;
  if (entry.name === "manifest.json") {
    archive.entry(header, withoutPointer(await readFile(entry.path, "utf8")));
  } else {
    await pipeline(contents(entry), archive.entry({ ...header, size: entry.size }));
  }
}

/** A header without extensions, which `unpackRun` takes from nobody, has eleven octal digits for a size … */
const LARGEST = 8 ** 11 - 1;

/** … and room for a name with a "/" before which there are at most 155 characters, and after which at most 100. */
function fits(name: string): boolean {
  if (name.length <= 100) return true;
  const cut = name.indexOf("/", name.length - 101);
  return cut !== -1 && cut <= 155 && cut < name.length - 1;
}

async function* contents({ path, size }: RunEntry): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    const read = z.instanceof(Buffer).parse(chunk);
    bytes += read.length;
    yield read;
  }
  if (bytes !== size) {
    const message = `${path} changed while it was packed: ${size} bytes became ${bytes}; pack the run again`;
    throw new TrainingError("ARTIFACT_UPLOAD_FAILED", message, { failureClass: "TRANSIENT" });
  }
}

const unfit = (why: string): TrainingError =>
  new TrainingError("ARTIFACT_UPLOAD_FAILED", `the run cannot be packed: ${why}; rename or move it away`, {
    failureClass: "USER_INPUT",
  });
