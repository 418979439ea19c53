// Runs child.ts, or the file beside it that is named, from the sources, as the tests are: node run-child.mjs '<JSON>' [file]
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const packages = fileURLToPath(new URL("../../", import.meta.url));
await runnerImport(fileURLToPath(new URL(process.argv[3] ?? "child.ts", import.meta.url)), {
  resolve: {
    alias: [
      { find: /^@trainer\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@trainer\/([a-z-]+)\/(.+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
  oxc: { target: "node20" },
  logLevel: "error",
});
