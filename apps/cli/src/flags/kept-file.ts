import type { CorpusFormat } from "@trainer/options";
import { z } from "zod";
import { UsageError } from "../process/errors.js";
import { shellWord } from "../process/home-flag.js";

/** Flags of commands that write the documents of a text that stay. */
export const KEPT_FILE = {
  out: z
    .string()
    .regex(/\.(jsonl|txt)$/i, "must end in .jsonl or .txt")
    .nullable()
    .default(null)
    .describe(
      "the new file for the documents that stay: .jsonl, a record each, or .txt, a line of <|endoftext|> after each",
    ),
  dryRun: z.boolean().default(false).describe("only tell what would be taken away"),
};

interface KeptFileFlags {
  readonly out: string | null;
  readonly dryRun: boolean;
}

/** The file to write; null where nothing is written. */
export function keptFile({ out, dryRun }: KeptFileFlags): string | null {
  if (out === null && !dryRun) throw new UsageError("a file is needed: name one with --out, or give --dry-run");
  return dryRun ? null : out;
}

interface Written {
  readonly document: "line" | "paragraph" | "file";
  readonly documentSeparator: string;
  readonly corpusFormat: CorpusFormat;
}

/** The training that takes each document of a file that was written as one; none for null. */
export function nextTraining(
  written: string | null,
  { document, documentSeparator, corpusFormat }: Written,
  flags: string,
): string[] {
  if (written === null) return [];
  const isPlain = /\.txt$/i.test(written);
  const line = documentSeparator === "none" || corpusFormat === "source" ? "auto" : documentSeparator;
  const separator = isPlain ? ` --document-separator ${shellWord(line)}` : "";
  const cut = document === "line" && corpusFormat !== "source" ? "" : ` --document file${separator}`;
  return ["", "Next:", `  trainer train ${shellWord(written)}${cut}${flags}`];
}
