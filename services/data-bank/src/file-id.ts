import { AppError } from "@trainer/platform";

/**
 * A file's id from a URL: case and surrounding spaces do not matter. Null if it has the form of an older kind of id, of
 * which there is no file.
 * @throws AppError INVALID_INPUT for other malformed ids
 */
export function fileId(text: string): string | null {
  const id = text.trim().toLowerCase();
  if (!/^[0-9a-f]{4,}$/.test(id)) throw new AppError("INVALID_INPUT", "invalid file_id");
  return id.length === 64 ? id : null;
}

export const notFound = (): AppError => new AppError("NOT_FOUND", "file not found");
