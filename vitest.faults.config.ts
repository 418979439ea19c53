import { defineConfig } from "vitest/config";
import config from "./vitest.config.js";

/** Tests that take minutes: they wait until a system notices, at its ordinary pace, what is amiss. */
export default defineConfig({
  ...config,
  test: { ...config.test, include: ["{packages,services,apps}/*/test/**/*.faults.ts"], testTimeout: 300_000 },
});
