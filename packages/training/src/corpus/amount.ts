/** A number of documents, and the bytes of their text. */
export interface Amount {
  documents: number;
  bytes: number;
}

export const amount = (): Amount => ({ documents: 0, bytes: 0 });

/** One document more. */
export function count(amount: Amount, bytes: number): void {
  amount.documents += 1;
  amount.bytes += bytes;
}
