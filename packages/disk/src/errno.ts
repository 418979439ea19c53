/** The code of a system's error, `ENOSPC` for instance; empty for any other. */
export const errnoOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export const isErrno = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errnoOf(error));

/** Nothing is there, or can be: a link that leads round leads nowhere, and a name with a NUL byte is no file's. */
const ABSENT = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"];

/**
 * True if an error says that a file does not exist. One that cannot be reached (EACCES, EIO, EMFILE, ESTALE) may exist:
 * taking that for absence would overwrite it.
 */
export const isAbsent = (error: unknown): boolean => isErrno(error, ...ABSENT);

/** The work's result; null if a file did not exist. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
