import { parse, stringify } from "lossless-json";

/**
 * Reads JSON without loss: an integer that a `number` cannot hold becomes a bigint. The literals `Infinity`, `-Infinity`
 * and `NaN`, which Python writes, are read as the numbers they name.
 * @throws SyntaxError, or RangeError for what is nested too deeply
 */
export const parseJson = (text: string): unknown =>
  parse(
    text.replace(NON_FINITE, (token) => FOR_NAMES.get(token) ?? token),
    null,
    numberOf,
  );

/** Compact JSON, as in HTTP bodies: a bigint as a bare integer, a number that is not finite as null. */
export const toJson = (value: unknown): string => String(stringify(value));

/** JSON as it goes through Redis: ASCII alone, and numbers that are not finite by their names. */
export const toWireJson = (value: unknown): string =>
  String(stringify(value, null, undefined, [STAND_IN]))
    .replace(STAND_INS, (token) => NAMES.get(token) ?? token)
    .replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Numbers that no writer produces, in the place of what JSON has no number for. */
const stands = { Infinity: "1e999", "-Infinity": "-1e999", NaN: "-0e-999" } as const;
const FOR_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(stands));
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(stands).map(([name, number]) => [number, name]));

/** Strings, which are left as they are, or what is replaced. */
const NON_FINITE = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs;
const STAND_INS = /"(?:[^"\\]|\\.)*"|-?1e999|-0e-999/gs;

const STAND_IN = {
  test: (value: unknown): value is number => typeof value === "number" && !Number.isFinite(value),
  stringify: (value: unknown) => String(FOR_NAMES.get(String(value))),
};

function numberOf(text: string): number | bigint {
  if (text === stands.NaN) return NaN;
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}
