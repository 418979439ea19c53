import { unsound } from "./errors.js";
import type { GgufFile } from "./open-gguf.js";

/** The rows of a file's embedding. */
export function vocabularyOf({ tensors, path }: GgufFile): number {
  const [rows] = tensors.get("token_embd.weight")?.shape ?? [];
  if (rows === undefined) throw unsound(path, "it has no tensor token_embd.weight, or one without dimensions");
  return rows;
}
