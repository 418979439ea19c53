import { preset, TrainOptions, ungrouped, type CorpusFormat } from "@trainer/options";

const { corpusFormat, documentSeparator } = ungrouped(TrainOptions.shape);

/** Flags of every command that reads a corpus. */
export const TEXT_FLAGS = { corpusFormat, documentSeparator: preset(documentSeparator, "auto") };

interface TextFlags {
  readonly corpusFormat: CorpusFormat;
  readonly documentSeparator: string;
}

/** The same for the library. */
export const textOptions = ({ corpusFormat: format, documentSeparator: separator }: TextFlags) => ({
  format,
  separator,
});
