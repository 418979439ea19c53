import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Folder of downloads, shared by all checkouts and installations. */
export function cacheFolder() {
  const own = process.env["TRAINER_CACHE"];
  if (own) return resolve(own);
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "model-trainer");
}
