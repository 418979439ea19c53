import { defineConfig } from "vitest/config";
import config from "./vitest.config.js";

/** Tests against the programs that read what we write, in the versions that are pinned there; pip and npm fetch them once. */
export default defineConfig({
  ...config,
  test: { ...config.test, include: ["{packages,services,apps}/*/test/**/*.interchange.ts"], testTimeout: 300_000 },
});
