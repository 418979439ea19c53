import type { OpenOptions } from "../corpus/corpus.js";
import type { TrainOptions } from "./options.js";

/** How a run's corpus is opened. */
export const corpusOptions = (
  options: Pick<TrainOptions, "document" | "documentSeparator" | "corpusFormat">,
): OpenOptions => ({
  document: options.document,
  separator: options.documentSeparator,
  format: options.corpusFormat,
});
