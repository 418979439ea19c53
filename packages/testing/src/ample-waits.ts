import { vi } from "vitest";

/** Limit of what a test waits for, ample where every core is busy: it runs out only where the test fails. */
const AMPLE_MS = 60_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, ample(options));
vi.waitUntil = (callback, options) => waitUntil(callback, ample(options));

const ample = (options: number | { timeout?: number; interval?: number } = {}) =>
  typeof options === "number" ? options : { timeout: AMPLE_MS, ...options };
