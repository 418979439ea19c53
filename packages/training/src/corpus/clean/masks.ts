/** Kinds of personal data that can be masked. */
export const MASKS = ["email", "phone", "iban"] as const;
export type Mask = (typeof MASKS)[number];

/** What stands in a text in its place: no token of any tokenizer here, and in other collections too. */
export const MASKED = { email: "<EMAIL>", phone: "<PHONE>", iban: "<IBAN>" } as const;

/** A piece of personal data in a text: characters from `start` to `end`. */
export interface Found {
  readonly kind: Mask;
  readonly start: number;
  readonly end: number;
}

/** Characters of the longest piece of personal data, or more. */
export const LONGEST = 400;
