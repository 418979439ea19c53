import { AppError } from "@trainer/platform";
import { noText, type TextKind, type TextRoot } from "@trainer/training/files";

/**
 * Refuses a path that no worker would read for a request, before anything is queued.
 * @throws AppError CORPUS_NOT_FOUND
 */
export async function checkText(texts: TextRoot, field: string, path: string | null, what: TextKind): Promise<void> {
  if (path === null || (await texts.find(path, what)) !== null) return;
  throw new AppError("CORPUS_NOT_FOUND", `${field} ${noText(path, what)}`);
}
