import type { Sha256 } from "@trainer/disk";
import { fileIdOf } from "@trainer/training/options";
import { UsageError } from "../../process/errors.js";

/** The id that a word is. @throws UsageError for what is none */
export function fileId(word: string): Sha256 {
  const id = fileIdOf(word);
  if (id === null) throw new UsageError(`"${word}" is no id of a file: expected 64 hexadecimal digits`);
  return id;
}
