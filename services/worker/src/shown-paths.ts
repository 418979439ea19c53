import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * A message with its paths as clients know them: those of texts as in requests, others relative to the home. The home's
 * place on the server is private.
 */
export function shownPaths({ artifactsRoot, dataRoot }: Readonly<Record<"artifactsRoot" | "dataRoot", string>>) {
  const roots = [join(dataRoot, "corpus"), dataRoot, artifactsRoot].flatMap((path) => [resolve(path), realOf(path)]);
  const longestFirst = [...new Set(roots)].sort((a, b) => b.length - a.length);
  const prefix = new RegExp(`(?<![\\w./-])(?:${longestFirst.map(escaped).join("|")})/`, "g");
  return (message: string): string => message.replace(prefix, "");
}

/** Texts are found by their real paths. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // it is not there yet
  }
}

const escaped = (path: string) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
