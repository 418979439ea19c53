import type { FileInfo } from "@trainer/platform";

/** A file's sidecar: lines of `name=value`. */
export const formatSidecar = ({ sha256, content_type, created_at }: FileInfo): string =>
  `sha256=${sha256}\ncontent_type=${content_type}\ncreated_at=${created_at}\n`;

/** The description of the file `id` in a sidecar, or null if it is damaged or describes another. */
export function parseSidecar(text: string, id: string): Pick<FileInfo, "content_type" | "created_at"> | null {
  const fields = new Map(text.split(/\r?\n/).map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]));
  const contentType = fields.get("content_type");
  const createdAt = fields.get("created_at");
  if (fields.get("sha256") !== id || !contentType || !createdAt) return null;
  return { content_type: contentType, created_at: createdAt };
}

/** The description of a file whose sidecar is lost: its content is still there. */
export const undescribed = (written: Date): Pick<FileInfo, "content_type" | "created_at"> => ({
  content_type: "application/octet-stream",
  created_at: timestamp(written),
});

/** A time as the service's clients know it: ISO 8601 with microseconds and offset. */
export const timestamp = (time: Date): string => time.toISOString().replace("Z", "000+00:00");
