// Runs child.ts from the sources, as the tests are: node run-child.mjs '<JSON>'
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

/** @param {string} relative */
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
await runnerImport(path("./child.ts"), {
  configFile: path("../../../vitest.config.ts"),
  logLevel: "error",
  oxc: { target: "node20" },
});
