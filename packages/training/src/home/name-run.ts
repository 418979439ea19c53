import { resolve } from "node:path";
import { isFolder, isId } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { listRuns } from "./list-runs.js";
import { archivedIds } from "./run-log-files.js";

/** Name of the newest run. */
export const LATEST = "latest";

/**
 * The run that a person means, by its whole id: `latest` is the newest, and the beginning of an id will do where no other
 * begins so. Ids and folders that are there are what they say; what nobody knows is given back as it is. Work that lasts
 * keeps the id: tomorrow `latest` is another.
 *
 * @throws TrainingError RUN_NOT_FOUND for a beginning that several have, or the newest of none
 */
export async function nameRun(ref: string, home: Home): Promise<string> {
  if (!isId(ref)) return ref; // a path
  const ids = [...new Set([...(await idsIn(home.models)), ...(await archivedIds(home))])];
  if (ids.includes(ref) || (await isFolder(resolve(ref)))) return ref;
  if (ref === LATEST)
    return newestOf(
      (await listRuns(home)).map(({ id }) => id),
      home.models,
    );
  return meantBy(ref, ids);
}

/** @param ids the newest first */
export function newestOf([newest]: readonly string[], where: string): string {
  if (newest === undefined) throw notFound(`there is no latest run: ${where} has none yet`);
  return newest;
}

/** The id that begins so; `ref` itself if none does. */
export function meantBy(ref: string, ids: readonly string[]): string {
  const candidates = ids.filter((id) => id.startsWith(ref)).toSorted();
  if (candidates.length <= 1) return candidates[0] ?? ref;
  const shown = candidates.slice(0, 10).join(", ");
  const more = candidates.length > 10 ? ` and ${candidates.length - 10} more` : "";
  throw notFound(`several runs begin with "${ref}": ${shown}${more}. Type more of the id`);
}

const notFound = (message: string) => new TrainingError("RUN_NOT_FOUND", message);
