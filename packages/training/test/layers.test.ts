import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { foldersIn, importsIn, upward } from "@trainer/testing";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));

/** The way of the data: a folder imports those before it, and none after. */
const LAYERS = [
  "plugins",
  "home",
  "tracking",
  "corpus",
  "options",
  "conversation",
  "bins",
  "tokenizer",
  "cleanup",
  "artifact",
  "step",
  "preference",
  "checkpoint",
  "model",
  "batch-size",
  "estimate",
  "inference",
  "run",
  "lr-range",
  "plan",
  "sweep",
];
/** Layers without native code: read and changed without training. */
const WITHOUT_NATIVE_CODE = new Set(["plugins", "home", "tracking", "corpus", "options", "cleanup", "artifact"]);
/** Imports from where native code is needed, and the types that a plugin is written by. */
const LOADED_LATE = new Set(["plugins/load-code.ts", "plugins/plugin.ts"]);
const LIGHT = /^@trainer\/(disk|options|(torch|models|tokenizers)\/capabilities)$/;

const imports = importsIn(SOURCES).filter(({ layer }) => layer !== "."); // the errors are below all, the entries above

test("every folder is in the order, and imports only what comes before it", () => {
  expect(foldersIn(SOURCES)).toEqual(LAYERS.toSorted());
  expect(upward(imports, LAYERS)).toEqual([]);
  expect(imports.length).toBeGreaterThan(500);
});

test("what reads and changes a home without training loads no native code", () => {
  const heavy = imports.filter(
    ({ file, layer, from }) =>
      !LOADED_LATE.has(file) && WITHOUT_NATIVE_CODE.has(layer) && from.startsWith("@trainer/") && !LIGHT.test(from),
  );
  expect(heavy).toEqual([]);
});

/** Adds the modules that a source loads at its start: its imports of more than types, and theirs. */
function load(file: string, loaded: Set<string>): ReadonlySet<string> {
  loaded.add(file);
  const source = readFileSync(join(SOURCES, file), "utf8");
  for (const [, from = ""] of source.matchAll(/^(?:import|export) (?!type )(?:[\w{*][^;=]*? from )?"([^";]+)";$/gm)) {
    const name = from.startsWith(".") ? join(file, "..", from.replace(/\.js$/, ".ts")) : from;
    if (loaded.has(name)) continue;
    if (from.startsWith(".")) load(name, loaded);
    else loaded.add(name);
  }
  return loaded;
}

test("what few commands need, as readers of rare formats, is loaded where it is used", () => {
  const loaded = load("files.ts", new Set());
  expect(loaded).toContain("corpus/text-extractor.ts");
  const others = [...loaded].filter((name) => !/\.ts$|^node:|^@trainer\//.test(name));
  expect(others.toSorted()).toEqual(["fzstd", "jsonc-parser", "zod"]);
});
