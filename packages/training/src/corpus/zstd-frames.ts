/** Bytes of a window at most, as `zstd -d` has it: so many bytes are held from a frame's start on. */
const MOST_WINDOW = 128 << 20;

/** A frame whose window is larger than is held here. */
export class WindowTooLarge extends Error {
  constructor(bytes: number) {
    super(`it is to be read with a window of ${bytes} bytes, more than ${MOST_WINDOW}`);
  }
}

/** Bytes that are wanted next, to look at or to pass over. */
interface Wanted {
  readonly bytes: number;
  readonly passed: boolean;
}
const look = (bytes: number): Wanted => ({ bytes, passed: false });
const pass = (bytes: number): Wanted => ({ bytes, passed: true });

type Walk = Generator<Wanted, void, Buffer>;

/**
 * Follows the frames of a Zstandard file (RFC 8878), which comes in chunks, and refuses one whose window is too large:
 * a dozen bytes can ask for gigabytes. What is unsound otherwise is left to what decompresses.
 */
export class ZstdFrames {
  readonly #walk: Walk = framesOf();
  #next = this.#walk.next(EMPTY);
  #passed = 0;
  #seen = EMPTY;

  /** @throws WindowTooLarge */
  push(chunk: Buffer): void {
    let at = 0;
    while (this.#next.done !== true) {
      const { bytes, passed } = this.#next.value;
      const had = passed ? this.#passed : this.#seen.length;
      const taken = chunk.subarray(at, at + bytes - had);
      at += taken.length;
      if (passed) this.#passed += taken.length;
      else this.#seen = Buffer.concat([this.#seen, taken]);
      if (had + taken.length < bytes) return;
      const seen = this.#seen;
      this.#passed = 0;
      this.#seen = EMPTY;
      this.#next = this.#walk.next(seen);
    }
  }
}

function* framesOf(): Walk {
  for (;;) {
    const magic = (yield look(4)).readUInt32LE();
    if (magic >>> 4 === SKIPPABLE) yield pass((yield look(4)).readUInt32LE());
    else if (magic === FRAME) yield* frame();
    else return;
  }
}

function* frame(): Walk {
  const descriptor = (yield look(1)).readUInt8();
  const isOneSegment = (descriptor & ONE_SEGMENT) !== 0; // its window is its content
  const windowByte = isOneSegment ? 0 : (yield look(1)).readUInt8();
  yield pass((1 << (descriptor & 3)) >> 1); // the dictionary's id: 0, 1, 2 or 4 bytes
  const sizeBytes = descriptor >> 6 === 0 && !isOneSegment ? 0 : 1 << (descriptor >> 6);
  const size = yield look(sizeBytes);
  const window = isOneSegment ? contentOf(size) : 2 ** (10 + (windowByte >> 3)) * (1 + (windowByte & 7) / 8);
  if (window > MOST_WINDOW) throw new WindowTooLarge(window);
  for (let isLast = false; !isLast;) {
    const block = (yield look(3)).readUIntLE(0, 3);
    isLast = (block & 1) === 1;
    yield pass(((block >> 1) & 3) === RUN_LENGTH ? 1 : block >> 3);
  }
  if ((descriptor & HAS_CHECKSUM) !== 0) yield pass(4);
}

/** Bytes of a frame's content by 1, 2, 4 or 8 bytes of its header, lowest first; two have 256 taken off. */
const contentOf = (size: Buffer): number =>
  size.reduce((sum, byte, i) => sum + byte * 256 ** i, size.length === 2 ? 256 : 0);

const EMPTY = Buffer.alloc(0);
const [FRAME, SKIPPABLE] = [0xfd2fb528, 0x184d2a5] as const;
const [ONE_SEGMENT, HAS_CHECKSUM, RUN_LENGTH] = [0x20, 4, 1] as const;
