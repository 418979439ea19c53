import { createHash, type Hash } from "node:crypto";

/** A file's hash as whoever keeps it has it: of its bytes alone, or of git's header of a blob and them. */
export interface ContentHash {
  readonly algorithm: "sha256" | "sha1";
  /** What is hashed before the content. */
  readonly prefix: string;
  readonly hex: string;
}

export const sha256Hash = (hex: string): ContentHash => ({ algorithm: "sha256", prefix: "", hex });

/** The name that git gives a file of `size` bytes. */
export const gitBlobHash = (hex: string, size: number): ContentHash => ({
  algorithm: "sha1",
  prefix: `blob ${size}\0`,
  hex,
});

/** A hash of the same kind, of nothing yet. */
export const newHash = ({ algorithm, prefix }: Pick<ContentHash, "algorithm" | "prefix">): Hash =>
  createHash(algorithm).update(prefix);
