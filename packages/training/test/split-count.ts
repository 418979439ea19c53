/** A split of one document with so many tokens, a byte each, as a manifest has it. */
export const splitCount = (tokens: number) => ({
  documents: 1,
  tokens,
  bytes: tokens,
  asked: null,
  share: null,
  lost_bytes: 0,
  unknown_tokens: 0,
});
