import { AppError } from "@trainer/platform";

/**
 * A file's id as it stands in a URL: capital letters and spaces around it do not matter. Null if it has the form of an
 * older kind of id, of which there is no file.
 * @throws AppError INVALID_INPUT for what cannot be an id
 */
export function fileId(text: string): string | null {
  const id = text.trim().toLowerCase();
  if (!/^[0-9a-f]{4,}$/.test(id)) throw new AppError("INVALID_INPUT", "invalid file_id");
  return id.length === 64 ? id : null;
}

export const notFound = (): AppError => new AppError("NOT_FOUND", "file not found");
