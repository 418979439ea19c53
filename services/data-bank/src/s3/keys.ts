const TEMPORARY = "uploads/";
export const QUARANTINE = "quarantine/";

export const blobKey = (id: string): string => `files/${id}`;
export const temporaryKey = (name: string): string => TEMPORARY + name;
export const isTemporary = (key: string): boolean => key.startsWith(TEMPORARY);

/** The id of a file from its key, or null for what is no file. */
export const idOf = (key: string): string | null => /^files\/([0-9a-f]{64})$/.exec(key)?.[1] ?? null;
