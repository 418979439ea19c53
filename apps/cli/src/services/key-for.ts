import { isLoopback } from "@trainer/platform";
import type { Output } from "../display/output.js";

/** A key with its address; one that holds for every address has "any". */
export interface OwnedKey {
  readonly key: string | undefined;
  readonly url: string | undefined;
}

export const ANY = "any";

/**
 * The key to show at `url`: the first of `keys` that is for its origin; undefined where none is. A key that goes where
 * others can read it on the way is warned of.
 */
export function keyFor(url: string, keys: readonly OwnedKey[], out: Pick<Output, "warn">): string | undefined {
  const { protocol, hostname, origin } = new URL(url);
  const found = keys.find(({ key, url: owner }) => key && owner && (owner === ANY || new URL(owner).origin === origin));
  if (found !== undefined && protocol === "http:" && !isLoopback(hostname))
    out.warn(
      `The key goes to ${origin} unencrypted, for anybody on the way to read: docs/security.md has better ways.`,
    );
  return found?.key;
}
