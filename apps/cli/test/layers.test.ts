import { fileURLToPath } from "node:url";
import { foldersIn, importsIn, upward } from "@trainer/testing";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));

/** From the process to the commands: a folder imports those before it, and none after. */
const LAYERS = [
  "process",
  "display",
  "serve",
  "services",
  "doctor",
  "framework",
  "flags",
  "run-display",
  "trackers",
  "runs",
  "remote",
  "chat",
  "compare",
  "plan",
  "sweep",
  "commands",
  ".", // the program, which knows all commands
];

test("every folder is in the order, and imports only what comes before it", () => {
  const imports = importsIn(SOURCES);
  expect([".", ...foldersIn(SOURCES)]).toEqual(LAYERS.toSorted());
  expect(upward(imports, LAYERS)).toEqual([]);
  expect(imports.length).toBeGreaterThan(500);
});
