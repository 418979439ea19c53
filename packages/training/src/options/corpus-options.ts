import type { OpenOptions } from "../corpus/corpus.js";
import type { Home } from "../home/home.js";
import type { TrainOptions } from "./options.js";

/** Options to open a run's corpus with; files of its home are no text. */
export const corpusOptions = (
  options: Pick<TrainOptions, "document" | "documentSeparator" | "corpusFormat" | "format" | "textField">,
  home: Home,
): OpenOptions => ({
  document: options.document,
  separator: options.documentSeparator,
  format: options.corpusFormat,
  records: options.format,
  textField: options.textField,
  home,
});
