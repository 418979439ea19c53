import { defineConfig } from "vitest/config";
import config from "../../vitest.config.js";

/** The project's own settings, for the test files that MUTANTS_TESTS names. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: (process.env["MUTANTS_TESTS"] ?? "").split(","),
    testTimeout: 1000 * Number(process.env["MUTANTS_TIMEOUT"] ?? 10), // a mutant that hangs is killed by it
  },
  plugins: [
    {
      name: "forks",
      // Stryker chooses threads, which would share the working folder, signal handlers and one libtorch.
      configureVitest: ({ project }) => {
        project.config.pool = "forks";
      },
    },
  ],
});
