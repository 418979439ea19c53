import { CorpusError } from "./corpus-error.js";

/** A file has no field that is surely its text: refused where somebody named the file, skipped in a folder. */
export class NoTextField extends CorpusError {
  constructor(message: string) {
    super("INVALID_INPUT", message);
  }
}
