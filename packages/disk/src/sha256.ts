declare const brand: unique symbol;

/** The SHA-256 of a file's bytes, in 64 lowercase hexadecimal digits, which is its id in a file service. */
export type Sha256 = string & { readonly [brand]: "Sha256" };

export const isSha256 = (text: string): text is Sha256 => /^[0-9a-f]{64}$/.test(text);
