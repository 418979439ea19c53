import { parse, stringify } from "lossless-json";
import { replaceOutsideStrings } from "./json-strings.js";
import { plainJson } from "./plain-json.js";

/**
 * Reads JSON without loss: an integer of up to 64 bits that a `number` cannot hold becomes a bigint. The literals `Infinity`, `-Infinity`
 * and `NaN`, which Python writes, are read as the numbers they name.
 * @throws SyntaxError, or RangeError for what is nested too deeply
 */
export function parseJson(text: string): unknown {
  const plain = plainJson(text);
  return plain === undefined ? parse(withNumbersForNames(text), null, numberOf) : plain;
}

/** Compact JSON, as in HTTP bodies: a bigint as a bare integer, a number that is not finite as null. */
export const toJson = (value: unknown): string => String(stringify(value));

/** JSON as it goes through Redis: ASCII alone, and numbers that are not finite by their names. */
export const toWireJson = (value: unknown): string =>
  withNamesForNumbers(String(stringify(value, null, undefined, [STAND_IN]))).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Numbers that no writer produces, in the place of what JSON has no number for. */
const stands = { Infinity: "1e999", "-Infinity": "-1e999", NaN: "-0e-999" } as const;
const FOR_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(stands));
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(stands).map(([name, number]) => [number, name]));

const NAME = /-?Infinity|NaN/g;
const STAND_INS = /-?1e999|-0e-999/g;

/** Hardly any text has one. */
const withNumbersForNames = (text: string): string =>
  text.includes("Infinity") || text.includes("NaN")
    ? replaceOutsideStrings(text, NAME, (name) => String(FOR_NAMES.get(name)))
    : text;

const withNamesForNumbers = (text: string): string =>
  text.includes(stands.Infinity) || text.includes(stands.NaN)
    ? replaceOutsideStrings(text, STAND_INS, (number) => String(NAMES.get(number)))
    : text;

const STAND_IN = {
  test: (value: unknown): value is number => typeof value === "number" && !Number.isFinite(value),
  stringify: (value: unknown) => String(FOR_NAMES.get(String(value))),
};

/** Most digits of an unsigned 64-bit integer, with a sign. */
const MOST_DIGITS = 21;

function numberOf(text: string): number | bigint {
  if (text === stands.NaN) return NaN;
  const number = Number(text);
  const isLarge = text.length <= MOST_DIGITS && !Number.isSafeInteger(number) && /^-?\d+$/.test(text);
  return isLarge ? BigInt(text) : number;
}
