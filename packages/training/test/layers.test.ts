import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));

/** The way of the data: a folder imports those before it, and none after. */
const LAYERS = [
  "home",
  "corpus",
  "options",
  "bins",
  "tokenizer",
  "cleanup",
  "artifact",
  "step",
  "checkpoint",
  "model",
  "batch-size",
  "inference",
  "run",
];
/** What is read and changed without training: it loads no native code. */
const WITHOUT_NATIVE_CODE = new Set(["home", "corpus", "options", "cleanup", "artifact"]);
const LIGHT = /^@trainer\/(disk|models\/capabilities|tokenizers\/capabilities)$/;

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly from: string;
}

const imports: readonly Import[] = LAYERS.flatMap((layer) =>
  readdirSync(join(SOURCES, layer))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .flatMap((name) => {
      const text = readFileSync(join(SOURCES, layer, name), "utf8");
      // A type is gone when the program runs, but who reads it must know where it comes from: it counts as well.
      return [...text.matchAll(/^(?:import|export|\}) .*from "([^"]+)";$/gm)].map(([, from = ""]) => {
        return { file: `${layer}/${name}`, layer, from };
      });
    }),
);

test("every folder is in the order, and imports only what comes before it", () => {
  const folders = readdirSync(SOURCES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).toSorted()).toEqual(LAYERS.toSorted());
  const upward = imports.filter(({ file, layer, from }) => {
    const target = from.startsWith(".") ? dirname(normalize(join(dirname(file), from))) : layer;
    return LAYERS.indexOf(target) > LAYERS.indexOf(layer);
  });
  expect(upward).toEqual([]);
  expect(imports.length).toBeGreaterThan(500);
});

test("what reads and changes a home without training loads no native code", () => {
  const heavy = imports.filter(
    ({ layer, from }) => WITHOUT_NATIVE_CODE.has(layer) && from.startsWith("@trainer/") && !LIGHT.test(from),
  );
  expect(heavy).toEqual([]);
});
