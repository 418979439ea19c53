import { preset, TrainOptions, ungrouped, type CorpusFormat } from "@trainer/options";

const { corpusFormat, documentSeparator, textField } = ungrouped(TrainOptions.shape);

/** Flags of every command that reads a corpus. */
export const TEXT_FLAGS = { corpusFormat, documentSeparator: preset(documentSeparator, "auto"), textField };

interface TextFlags {
  readonly corpusFormat: CorpusFormat;
  readonly documentSeparator: string;
  readonly textField: string | null;
}

/** The same for the library. */
export const textOptions = ({ corpusFormat: format, documentSeparator: separator, textField }: TextFlags) => ({
  format,
  separator,
  textField,
});
