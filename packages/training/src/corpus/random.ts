/**
 * Uniform numbers from a seed: xoshiro128** (Blackman & Vigna 2021), its state filled by SplitMix32. A stream of its
 * own, the same on every machine, that leaves the library's generators alone.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /**
   * @param seed a whole number from 0 on; all 64 bits of it count
   * @param stream which of the seed's streams, from 0 on
   */
  constructor(seed: number | bigint, stream = 0) {
    const wide = BigInt.asUintN(64, BigInt(seed));
    let state = Number(wide & 0xffffffffn) ^ mixed(stream);
    const split = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = split();
    this.b = split();
    state ^= Number(wide >> 32n) ^ mixed(stream << 16);
    this.c = split();
    this.d = split() | 1; // never all zero, the one state that would stay as it is
  }

  /** The next 32 bits. */
  private bits(): number {
    const times5 = Math.imul(this.b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** The next number in [0, 1), to 53 bits. */
  next(): number {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }
}

/** Scatters the bits of a small number over all 32 (the finalizer of MurmurHash3); 0 stays 0. */
function mixed(n: number): number {
  let z = Math.imul(n ^ (n >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
