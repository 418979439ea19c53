import { expect } from "vitest";

// Vitest's own matchers are typed as any, which would switch the checks off around them.
export const aNumber: unknown = expect.any(Number);
export const aString: unknown = expect.any(String);
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const near = (value: number, digits?: number): unknown => expect.closeTo(value, digits);
export const withItem = (item: unknown): unknown => expect.arrayContaining([item]);
export const withFields = (fields: object): unknown => expect.objectContaining(fields);
