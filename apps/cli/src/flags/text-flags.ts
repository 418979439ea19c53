import { preset, TrainOptions, ungrouped, type CorpusFormat } from "@trainer/options";

const { corpusFormat, document, documentSeparator, textField } = ungrouped(TrainOptions.shape);

/** The `document` option of commands to which a document is a whole file or record unless something else is typed. */
export const wholeDocument = (does: string) =>
  document
    .unwrap()
    .default("file")
    .describe(`what is ${does}: whole files and records, paragraphs between blank lines, or lines`);

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
