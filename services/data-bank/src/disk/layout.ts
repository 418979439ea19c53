import { join } from "node:path";

export const QUARANTINE = "quarantine";
const TEMPORARY = "upload_";

/** `<root>/ab/cd/<id>.bin` with its sidecar `<id>.meta`; what is being written is `<root>/upload_…`. */
export const folderOf = (root: string, id: string): string => join(root, id.slice(0, 2), id.slice(2, 4));
export const blobPath = (root: string, id: string): string => join(folderOf(root, id), `${id}.bin`);
export const sidecarPath = (root: string, id: string): string => join(folderOf(root, id), `${id}.meta`);
export const temporaryPath = (root: string, name: string): string => join(root, TEMPORARY + name);
export const isTemporary = (name: string): boolean => name.startsWith(TEMPORARY);
