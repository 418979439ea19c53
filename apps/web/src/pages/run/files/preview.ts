import { parseJson } from "@trainer/platform/browser";
import { PREVIEW_BYTES } from "../../../api/run.js";

const TEXT = /\.(?:json|jsonl|txt|md|toml|vocab|csv|tsv|log)$|(?:^|\/)COMMIT$/;

/** How the content of a file can be shown, by its name. */
export function kindOf(path: string): "tensors" | "text" | "other" {
  if (path.endsWith(".safetensors")) return "tensors";
  return TEXT.test(path) ? "text" : "other";
}

/** The beginning of a file as it is shown: JSON that is whole with its parts on lines of their own. */
export function shownText({ path, bytes }: { readonly path: string; readonly bytes: number }, text: string): string {
  if (bytes > PREVIEW_BYTES || !/\.json$|COMMIT$/.test(path)) return text;
  try {
    return JSON.stringify(
      parseJson(text),
      (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
      2,
    );
  } catch {
    return text;
  }
}
