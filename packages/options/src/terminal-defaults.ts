/**
 * Defaults that suit somebody at a terminal or a page, where a request's are those that clients have always had: whole
 * files as documents, a model that a laptop trains, validations that end soon.
 */
export const terminalDefaults = {
  document: "file",
  documentSeparator: "auto",
  modelSize: "tiny",
  evalTokens: 2_000_000,
  /** The fastest that suits the machine. */
  precision: null,
} as const;

/** Dimensions of models that have flags of their own. */
export const flaggedDimensions = [
  "nLayer",
  "nEmbd",
  "nHead",
  "hiddenSize",
  "intermediateSize",
  "numHiddenLayers",
  "numAttentionHeads",
  "numKeyValueHeads",
  "headDim",
  "ropeTheta",
  "tieWordEmbeddings",
  "finalLogitSoftcapping",
  "embedDim",
  "hiddenDim",
  "numLayers",
] as const;
export type FlaggedDimension = (typeof flaggedDimensions)[number];
