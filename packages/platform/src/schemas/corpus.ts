import { z } from "zod";

/** A text, or a folder of texts, that a request's `corpus_path` can name. */
export const CorpusEntry = z.object({
  name: z.string().describe("What `corpus_path` names it by."),
  kind: z.enum(["file", "folder"]),
  files: z.int().describe("Files in it; of a file 1."),
  bytes: z.int(),
  modified_at: z.string(),
});
export type CorpusEntry = z.output<typeof CorpusEntry>;

/** GET /corpora */
export const CorpusList = z.object({ corpora: z.array(CorpusEntry) });
export type CorpusList = z.output<typeof CorpusList>;

/** PUT /corpora/{name} and GET /corpora/{name}/upload */
export const CorpusUpload = z.object({
  name: z.string(),
  offset: z.int().describe("Bytes that have come: where the next piece begins."),
  total: z.int().describe("Bytes of the whole text."),
  done: z.boolean().describe("Is the text whole, and in its place?"),
});
export type CorpusUpload = z.output<typeof CorpusUpload>;

/** DELETE /corpora/{name} */
export const CorpusRemoved = z.object({ name: z.string(), bytes: z.int().describe("How many that freed.") });
export type CorpusRemoved = z.output<typeof CorpusRemoved>;

/** GET /corpora/{name}: of the text's start where it is `sampled`. */
export const CorpusReport = CorpusEntry.extend({
  sampled: z.boolean().describe("Is it of the start alone? All figures but files and bytes are of what was read."),
  document: z.string().describe("What a document is here."),
  document_separator: z.string(),
  documents: z.int(),
  document_bytes: z.int().describe("Bytes of all documents that were read, as UTF-8."),
  duplicate_documents: z.int().describe("Documents that came before."),
  duplicate_documents_share: z.number(),
  lines: z.int().describe("Lines that are not blank."),
  duplicate_lines: z.int().describe("Lines that came before."),
  duplicate_lines_share: z.number(),
  duplicates_exact: z.boolean().describe("Are lines counted rather than estimated? They are up to a million."),
  characters: z.int(),
  invalid_characters: z.int().describe("Characters that are no UTF-8; a model reads U+FFFD in their place."),
  longest_line: z.object({ characters: z.int(), start: z.string() }),
  scripts: z.array(z.object({ script: z.string(), characters: z.int(), share: z.number() })).describe("By Unicode."),
  left_out: z.array(z.string()).describe("Sentences about what would not be read, and what was replaced."),
  preview: z
    .array(z.object({ text: z.string(), cut: z.boolean().describe("Does the document go on?") }))
    .describe("The first documents, as a training has them."),
});
export type CorpusReport = z.output<typeof CorpusReport>;
