import { native } from "./addon.js";
import { sentencePiece } from "./sentencepiece-addon.js";

/** Loads each native part, as its first use would; throws its error. For checks of an installation. */
export const nativeParts = {
  tokenizers: (): object => native(),
  sentencePiece: (): object => sentencePiece(),
} as const;
