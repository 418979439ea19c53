import { basename } from "node:path";

/** A short name for each path: its last part, or the path where several have that. */
export function sourceNames(paths: readonly string[]): string[] {
  const short = paths.map((path) => basename(path));
  return paths.map((path, i) => {
    const name = String(short[i]);
    return name === "" || short.indexOf(name) !== short.lastIndexOf(name) ? path : name;
  });
}
