import { expect } from "vitest";

/** Vitest's matchers for parts of an expected value, without their `any`. */
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
