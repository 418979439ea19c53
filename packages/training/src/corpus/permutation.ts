import { createHash } from "node:crypto";
import { mix } from "./document-hash.js";

const ROUNDS = 48;

/**
 * A random permutation of 0 .. size-1 fixed by its name, computed place by place: it takes no memory, however many
 * places there are (up to 2^48). A swap-or-not shuffle (Hoang, Morris, Rogaway 2012): each round pairs x with key - x
 * and swaps the pair or not by a bit of a hash of it, so every round is a permutation for any hash.
 */
export function permutation(size: number, name: string): (place: number) => number {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const digest = createHash("sha256").update(`${name}:${round}`).digest();
    return { key: digest.readUIntLE(0, 6) % size, salt: digest.readInt32LE(8) };
  });
  return (place) => {
    let x = place;
    for (const { key, salt } of rounds) {
      const partner = key >= x ? key - x : key - x + size;
      const greater = Math.max(x, partner);
      const high = Math.floor(greater / 2 ** 32);
      if (mix((greater | 0) ^ mix(salt ^ high)) & 1) x = partner;
    }
    return x;
  };
}
