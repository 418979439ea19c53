import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

export interface Import {
  readonly file: string;
  /** The folder of the package's sources in which the file lies; "." for a file beside the folders. */
  readonly layer: string;
  readonly from: string;
  /** The folder that is imported; the file's own one for what is no part of the package. */
  readonly target: string;
}

/**
 * What the sources of a package import, tests left out. A type is gone when the program runs, but who reads it must know
 * where it comes from: it counts as well.
 */
export function importsIn(sources: string): Import[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => {
      const text = readFileSync(join(sources, file), "utf8");
      const layer = layerOf(file);
      return [...text.matchAll(/(?:^(?:import|export|\}) .*from |\bimport\()"([^"]+)"/gm)].map(([, from = ""]) => {
        const target = from.startsWith(".") ? layerOf(normalize(join(dirname(file), from))) : layer;
        return { file, layer, from, target };
      });
    });
}

/** The imports that lead from a layer to one after it. */
export const upward = (imports: readonly Import[], layers: readonly string[]): Import[] =>
  imports.filter(({ layer, target }) => layers.indexOf(target) > layers.indexOf(layer));

/** The folders of a package's sources, by name. */
export const foldersIn = (sources: string): string[] =>
  readdirSync(sources, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    .toSorted();

function layerOf(file: string): string {
  const [first = "", ...rest] = file.split(sep);
  return rest.length === 0 ? "." : first;
}
