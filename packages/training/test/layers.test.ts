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
