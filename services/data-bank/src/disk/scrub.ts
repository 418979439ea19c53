import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { makeFolder, sha256OfFile, syncFolder, unlessAbsent, writeText } from "@trainer/disk";
import { SETTLED_MS, type ScrubEvent, type ScrubFinding, type ScrubOptions } from "../store.js";
import { blobPath, isTemporary, QUARANTINE, sidecarPath, temporaryPath } from "./layout.js";
import { formatSidecar, parseSidecar, undescribed } from "./sidecar.js";

interface Inventory {
  readonly blobs: { readonly id: string; readonly bytes: number }[];
  readonly findings: Problem[];
}
/** The problem, and its repair. */
interface Problem extends Omit<ScrubFinding, "type" | "repaired"> {
  readonly mend: (() => Promise<string>) | null;
}

/** Reads every file under `root` and reports problems. Files that are removed meanwhile are none. */
export async function* scrubDisk(root: string, { repair }: ScrubOptions): AsyncGenerator<ScrubEvent> {
  const tell = async ({ mend, ...problem }: Problem): Promise<ScrubFinding> => {
    const path = relative(root, problem.path);
    return { type: "finding", ...problem, path, repaired: repair && mend !== null ? await mend() : null };
  };
  const { blobs, findings } = await takeInventory(root);
  for (const finding of findings) yield await tell(finding);
  const totalBytes = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
  let files = 0;
  let bytes = 0;
  for (const blob of blobs) {
    for (const problem of await checkFile(root, blob.id)) yield await tell(problem);
    yield { type: "progress", files: ++files, bytes: (bytes += blob.bytes), totalBytes };
  }
}

async function takeInventory(root: string): Promise<Inventory> {
  const blobs: Inventory["blobs"] = [];
  const findings: Problem[] = [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const place = relative(root, path);
    if (entry.isDirectory() || place.startsWith(`${QUARANTINE}/`)) continue;
    const [, id = "", kind] = /^([0-9a-f]{64})\.(bin|meta)$/.exec(entry.name) ?? [];
    const info = await unlessAbsent(stat(path));
    if (info === null) continue; // gone meanwhile, or a link that leads nowhere
    const settled = Date.now() - info.mtimeMs > SETTLED_MS;
    const aside = () => quarantine(root, path);
    if (isTemporary(place)) {
      if (settled)
        findings.push({ kind: "half-written", path, problem: "an upload that was cut off", mend: () => remove(path) });
    } else if (kind === "bin" && path === blobPath(root, id)) {
      blobs.push({ id, bytes: info.size });
    } else if (kind === "meta" && path === sidecarPath(root, id)) {
      const blob = await unlessAbsent(stat(blobPath(root, id)));
      if (settled && blob === null)
        findings.push({ kind: "orphaned", path, problem: "describes a file that is not there", mend: aside });
    } else findings.push({ kind: "foreign", path, problem: "no file of this store", mend: null });
  }
  return { blobs, findings };
}

async function checkFile(root: string, id: string): Promise<Problem[]> {
  const path = blobPath(root, id);
  const aside = async () => {
    await Promise.allSettled([quarantine(root, sidecarPath(root, id))]); // it may not be there
    return quarantine(root, path);
  };
  const found = await unlessAbsent(sha256OfFile(path)).catch((error: unknown) => `not to be read: ${String(error)}`);
  if (found === null) return []; // deleted meanwhile
  if (found !== id) return [{ kind: "damaged", path, problem: `its content is ${found}`, mend: aside }];
  const text = await unlessAbsent(readFile(sidecarPath(root, id), "utf8"));
  if (text !== null && parseSidecar(text, id) !== null) return [];
  const problem = text === null ? "it is not there" : "it is not whole";
  return [{ kind: "sidecar", path: sidecarPath(root, id), problem, mend: () => describeAgain(root, id) }];
}

async function quarantine(root: string, path: string): Promise<string> {
  const folder = join(root, QUARANTINE);
  await makeFolder(folder);
  const name = `${basename(path)}.${randomUUID()}`;
  await rename(path, join(folder, name));
  await syncFolder(folder);
  await syncFolder(dirname(path));
  return `moved to ${QUARANTINE}/${name}`;
}

/** Its upload was never acknowledged. */
async function remove(path: string): Promise<string> {
  await rm(path, { force: true });
  return "removed";
}

async function describeAgain(root: string, id: string): Promise<string> {
  const { mtime, size } = await stat(blobPath(root, id));
  const info = { file_id: id, sha256: id, size, ...undescribed(mtime) };
  await writeText(sidecarPath(root, id), formatSidecar(info), { temporary: temporaryPath(root, randomUUID()) });
  return `written anew, as ${info.content_type}`;
}
