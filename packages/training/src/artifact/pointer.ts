/** The manifest's field with the id of the run's archive in a file service. */
const FIELD = "artifact_file_id";

/**
 * A manifest's text without the pointer to the archive: the archive cannot hold its own hash, and a run that is packed
 * again after it was sent must give the same bytes. A text that holds none is returned as it is.
 */
export function withoutPointer(text: string): string {
  const manifest = parse(text);
  return typeof manifest?.[FIELD] === "string" ? write({ ...manifest, [FIELD]: null }) : text;
}

/** A manifest's text with the pointer. */
export function withPointer(text: string, fileId: string): string {
  const manifest = parse(text);
  return manifest === null ? text : write({ ...manifest, [FIELD]: fileId });
}

const write = (manifest: object) => `${JSON.stringify(manifest, null, 2)}\n`;

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
