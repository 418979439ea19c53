import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run the sources, so that coverage counts them and no build can be stale.
    alias: [
      { find: "@trainer/torch/fetching", replacement: `${root}packages/torch/libtorch/fetching.js` }, // plain JavaScript
      { find: /^@trainer\/(api|data-bank|openai|worker)$/, replacement: `${root}services/$1/src/index.ts` },
      { find: /^@trainer\/(api|openai|worker)\/(.+)$/, replacement: `${root}services/$1/src/$2.ts` },
      { find: /^@trainer\/discord-bot$/, replacement: `${root}apps/discord-bot/src/index.ts` },
      { find: /^@trainer\/([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
      { find: /^@trainer\/([a-z-]+)\/(.+)$/, replacement: `${root}packages/$1/src/$2.ts` },
    ],
  },
  test: {
    include: [
      "{packages,services,apps}/*/{src,test}/**/*.test.{ts,tsx}",
      "bench/src/**/*.test.ts",
      "scripts/test/*.test.ts",
    ],
    globalSetup: `${root}packages/testing/src/own-folders.ts`,
    pool: "forks", // a native crash names its file and takes no other down
    setupFiles: `${root}packages/testing/src/ample-waits.ts`,
    // Limits are for what hangs: a test that would pass must not fail because every core is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: Math.max(2, availableParallelism() - 1), // many tests wait for processes more than they compute
    // Several processes share the cores: a thread of libtorch that waits must not spin on one meanwhile.
    // Where tests measure at the same time, equal runs might come to multiply by different libraries.
    env: { OMP_WAIT_POLICY: "passive", TRAINER_MEASURE_PRODUCTS: "0" },
    coverage: {
      provider: "v8",
      include: ["{packages,services,apps}/*/src/**/*.{ts,tsx}"],
      exclude: ["**/*.test.{ts,tsx}", "packages/testing/**", "apps/web/src/testing/**"],
      // Branches: all but those of scripts/coverage/exempt.js, to which `npm test` holds the report.
      thresholds: { lines: 100 },
      reportOnFailure: true, // who mends a test wants to know of both
      reporter: ["text-summary", ["text", { skipFull: true }], "json"],
    },
  },
});
