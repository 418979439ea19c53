import type { CorpusFile } from "./find-files.js";
import type { StreamedFormat } from "./file-kinds.js";
import { NotebookText } from "./notebook-text.js";
import type { TextExtractor } from "./records.js";
import { SubtitleText } from "./subtitle-text.js";

interface StreamedFile extends Pick<CorpusFile, "path"> {
  readonly format: StreamedFormat;
}

/** What takes the one text of a file out of it; null for plain text, which is all text, and for records. */
export async function textExtractor({ path, format }: StreamedFile): Promise<TextExtractor | null> {
  switch (format) {
    case "srt":
    case "vtt":
      return new SubtitleText(path, format);
    case "ipynb":
      return new NotebookText(path);
    case "html": {
      const { HtmlText } = await import("./html-text.js"); // here, or every command would load its parser
      return new HtmlText(path);
    }
    case "text":
    case "source":
    case "jsonl":
    case "json":
    case "csv":
    case "tsv":
    case "whatsapp":
    case "telegram":
    case "discord":
      return null;
  }
}
