import { countrySpecs, isValidIBAN } from "ibantools";
import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import { CorpusError } from "../corpus-error.js";
import type { Found, Mask } from "./masks.js";

const EMAIL =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,5}\p{L}{2,24}(?![\p{L}\p{N}])/gu;
const IBAN_START = /(?<![\p{L}\p{N}])[A-Z]{2}\d\d/gu;
/** A number as it is dialled from anywhere. */
const INTERNATIONAL = /(?<![\p{L}\p{N}+])(?:\+|00)[1-9](?:[ \u00a0()./-]{0,3}\d){6,14}(?!\p{N})/gu;
/** A number as it is dialled in its country: with a 0 before it, an area in brackets, or as 555-123-4567. */
const NATIONAL =
  /(?<![\p{L}\p{N}.,/+-])(?:\(?0[1-9]\d{0,4}\)?|\([2-9]\d\d\)|[2-9]\d\d(?=[-. ]\d{3}[-. ]\d{4}(?!\d)))(?:[ \u00a0./-]{0,2}\d){5,11}(?!\p{N})/gu;
const DATE = /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}/;
const LEAST_DIGITS = 7;

type Finder = (text: string) => Iterable<Found>;

/**
 * What finds personal data of these kinds, in the order of a text, none in another. An IBAN is one whose length, country
 * and check digits (mod 97) are sound; a phone number one that the plan of its country allows (libphonenumber).
 *
 * @param country two letters: numbers as they are dialled there count too; null: only those with + or 00
 * @throws CorpusError INVALID_INPUT for a country that there is not
 */
export function personalDataFinder(kinds: readonly Mask[], country: string | null): (text: string) => readonly Found[] {
  const at = country?.toUpperCase() ?? null;
  if (at !== null && !isSupportedCountry(at)) {
    throw new CorpusError(
      "INVALID_INPUT",
      `there are no phone numbers of a country ${JSON.stringify(country)}: expected two letters, DE or US for instance`,
    );
  }
  const finders: Readonly<Record<Mask, Finder>> = { iban: ibans, email: emails, phone: (text) => phones(text, at) };
  return (text) => {
    const found = kinds.flatMap((kind) => [...finders[kind](text)]);
    let end = 0;
    return found
      .toSorted((a, b) => a.start - b.start || b.end - a.end)
      .filter((each) => {
        if (each.start < end) return false; // a part of one that begins before it
        end = each.end;
        return true;
      });
  };
}

function* emails(text: string): Generator<Found, void, undefined> {
  if (!text.includes("@")) return;
  for (const { index, 0: match } of text.matchAll(EMAIL))
    yield { kind: "email", start: index, end: index + match.length };
}

function* ibans(text: string): Generator<Found, void, undefined> {
  for (const { index, 0: match } of text.matchAll(IBAN_START)) {
    const length = countrySpecs[match.slice(0, 2)]?.chars;
    if (length === undefined || length === null) continue;
    const written = new RegExp(`^(?:[A-Z0-9][ \\u00a0-]?){${length - 1}}[A-Z0-9](?![\\p{L}\\p{N}])`, "u").exec(
      text.slice(index, index + 2 * length),
    );
    if (written !== null && isValidIBAN(written[0].replace(/[^A-Z0-9]/g, ""))) {
      yield { kind: "iban", start: index, end: index + written[0].length };
    }
  }
}

function* phones(text: string, country: CountryCode | null): Generator<Found, void, undefined> {
  for (const pattern of country === null ? [INTERNATIONAL] : [INTERNATIONAL, NATIONAL]) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const number = phoneIn(match[0], country);
      if (number === null) continue;
      const end = match.index + number.length;
      yield { kind: "phone", start: match.index, end };
      pattern.lastIndex = end; // the next one may follow at once
    }
  }
}

/** The number that a run of digits begins with: what stands behind it in the same line may be another one. */
function phoneIn(digits: string, country: CountryCode | null): string | null {
  if (DATE.test(digits)) return null;
  for (const { index, 0: group } of [...digits.matchAll(/\d+/g)].toReversed()) {
    const number = digits.slice(0, index + group.length);
    if (number.replace(/\D/g, "").length < LEAST_DIGITS) return null;
    const dialled = number.replace(/^00/, "+");
    if (parsePhoneNumberFromString(dialled, country ?? undefined)?.isValid() === true) return number;
  }
  return null;
}
