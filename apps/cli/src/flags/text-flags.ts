import { CorpusFormat, DocumentSeparator, READ_NAMES } from "@trainer/training/options";
import type { z } from "zod";

/** How every command that reads text describes --special-tokens. */
export const SPECIAL_TOKENS = "let special tokens spelled out in the text be these tokens";

/** How every command that reads a corpus is told how to read it. */
export const TEXT_FLAGS = {
  as: CorpusFormat.default("auto").describe(
    `how the files are read: auto, by their names (${READ_NAMES}); text, as plain text whatever they are called`,
  ),
  documentSeparator: DocumentSeparator.default("auto").describe(
    "the line that ends a document in plain text; auto: <|endoftext|>, </s> and others known for it; none",
  ),
};

interface TextFlags {
  readonly as: z.output<typeof CorpusFormat>;
  readonly documentSeparator: string;
}

/** The same for the library. */
export const textOptions = ({ as: format, documentSeparator: separator }: TextFlags) => ({ format, separator });
