import { expect } from "vitest";

/** Vitest's matchers for parts of an expected value, without their `any`. */
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const near = (value: number, digits?: number): unknown => expect.closeTo(value, digits);
export const some = (type: typeof String | typeof Number): unknown => expect.any(type);
export const including = (fields: object): unknown => expect.objectContaining(fields);
