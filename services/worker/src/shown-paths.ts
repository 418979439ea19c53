import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * A message with its paths as a client may know them: those of texts as requests name them, others from the home on. Where
 * the home lies on the server is nobody else's business.
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
