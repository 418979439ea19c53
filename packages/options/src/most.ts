/** The most that a request may ask for: more than is of use, and no more than can be counted and kept. */
export const most = {
  epochs: 1_000_000,
  steps: 1_000_000_000,
  /** Thirty years. */
  seconds: 1_000_000_000,
  /** Sequences of a step. */
  batchSize: 65_536,
  /** Iterations in a step of Muon. */
  nsSteps: 100,
  loraRank: 65_536,
  checkpoints: 1_000,
  /** Tokens of a sequence. */
  seqLen: 1_048_576,
  vocabSize: 4_194_304,
  workers: 1_024,
  /** Tokens of a text that is written, and such texts of a prompt. */
  newTokens: 1_024,
  sequences: 16,
  /** Likeliest tokens that a score lists for each token of a text. */
  listed: 1_000,
  stopSequences: 64,
  /** Characters of one of them, and of the line that ends a document. */
  marker: 1_024,
  /** Characters of a name: a conversation's, a file's id, a layer's. */
  name: 256,
  /** Names of a list. */
  names: 1_024,
} as const;
