import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Runs a module from its source, and all packages of ours with it.
 * @param {string} path
 */
export const runSource = (path) =>
  runnerImport(fileURLToPath(new URL(path, import.meta.url)), {
    configFile: false,
    resolve: {
      alias: [
        { find: /^@trainer\/(api|data-bank|worker)$/, replacement: `${root}services/$1/src/index.ts` },
        { find: /^@trainer\/([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
        { find: /^@trainer\/([a-z-]+)\/(.+)$/, replacement: `${root}packages/$1/src/$2.ts` },
      ],
    },
    oxc: { target: "node20" },
    logLevel: "error",
  });
