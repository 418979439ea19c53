import type { TokenizerBackend, TrainableBackend } from "./backend.js";
import { bpe } from "./bpe-backend.js";
import { char } from "./char-backend.js";
import type { MethodName } from "./capabilities.js";
import { sentencepiece } from "./sentencepiece-backend.js";
import { pieces } from "./piece-backend.js";

/** Those that can be trained, one line a method. */
export const trainable = { bpe, char, sentencepiece } satisfies Record<MethodName, TrainableBackend>;

/** All there are, in the order in which they are asked whether a file is theirs. */
export const backends = { ...trainable, pieces } satisfies Record<string, TokenizerBackend>;
export type TokenizerKind = keyof typeof backends;
