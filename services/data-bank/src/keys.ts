import { AppError } from "@trainer/platform";
import { KeySet } from "@trainer/platform/http";

export type Permission = "upload" | "read" | "delete";
export type Keys = Readonly<Record<Permission, readonly string[]>>;

/** Decides who may do what. */
export class KeyRing {
  readonly #keys: Readonly<Record<Permission, KeySet>>;

  constructor({ upload, read, delete: remove }: Keys) {
    this.#keys = { upload: new KeySet(upload), read: new KeySet(read), delete: new KeySet(remove) };
  }

  /** A permission without keys is open to everybody. */
  isOpen(permission: Permission): boolean {
    return this.#keys[permission].isOpen;
  }

  /** @throws AppError UNAUTHORIZED without a key, FORBIDDEN with one that does not do */
  check(permission: Permission, key: string | undefined): void {
    if (this.isOpen(permission)) return;
    if (key === undefined || key.trim() === "") throw new AppError("UNAUTHORIZED", "missing API key");
    if (!this.#keys[permission].has(key)) throw new AppError("FORBIDDEN", "invalid API key for permission");
  }
}
