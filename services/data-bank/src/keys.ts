import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "@trainer/platform";

export type Permission = "upload" | "read" | "delete";
export type Keys = Readonly<Record<Permission, readonly string[]>>;

/**
 * Decides who may do what. Keys are held and compared as SHA-256 digests: all of equal length, each compared in
 * constant time, and always with every key, so that time tells neither how much of a key is right nor which it is.
 */
export class KeyRing {
  readonly #digests: Readonly<Record<Permission, readonly Buffer[]>>;

  constructor({ upload, read, delete: remove }: Keys) {
    this.#digests = { upload: upload.map(sha256), read: read.map(sha256), delete: remove.map(sha256) };
  }

  /** A permission without keys is open to everybody. */
  isOpen(permission: Permission): boolean {
    return this.#digests[permission].length === 0;
  }

  /** @throws AppError UNAUTHORIZED without a key, FORBIDDEN with one that does not do */
  check(permission: Permission, key: string | undefined): void {
    if (this.isOpen(permission)) return;
    if (key === undefined || key.trim() === "") throw new AppError("UNAUTHORIZED", "missing API key");
    const digest = sha256(key);
    const matches = this.#digests[permission].filter((each) => timingSafeEqual(each, digest));
    if (matches.length === 0) throw new AppError("FORBIDDEN", "invalid API key for permission");
  }
}

const sha256 = (key: string): Buffer => createHash("sha256").update(key).digest();
