import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { AnswerPlace } from "../bins/batch.js";

const CRC_BYTES = 4;

interface Record {
  /** Names what is kept; a record of another file does not pass for one of this. */
  readonly key: string;
  /** Bytes of an answer. */
  readonly bytes: number;
}

/** Bytes of a file of so many answers. */
export const answersFileBytes = (answers: number, bytes: number): number => answers * (CRC_BYTES + bytes);

/**
 * Answers of a teacher, each a record at its place: a CRC-32, then the answer. What was not asked yet is a hole. Several
 * processes may write at once without a lock: an answer is decided by key and place, so they write the same, and what is
 * torn is told by its CRC, as is what a crash or a disk has damaged. A disk that fails costs the file, not the run.
 */
export class AnswersFile implements Disposable {
  readonly #fd: number;
  readonly #told = new Set<string>();
  readonly #failing = new Set<string>();

  /** @param warn is told once of damage, and once of a disk that fails */
  constructor(
    path: string,
    private readonly record: Record,
    private readonly warn: (message: string) => void,
  ) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
  }

  /** Bytes that it takes on the disk: its holes take none. */
  get bytesOnDisk(): number {
    return 512 * fstatSync(this.#fd).blocks;
  }

  place(i: number): AnswerPlace {
    return { read: () => this.#read(i), write: (answer) => this.#write(i, answer) };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #read(i: number): Uint8Array | null {
    const bytes = Buffer.alloc(CRC_BYTES + this.record.bytes);
    if (!this.#tried("read", () => readSync(this.#fd, bytes, 0, bytes.length, this.#start(i)))) return null;
    const answer = bytes.subarray(CRC_BYTES);
    const crc = bytes.readUInt32LE(0);
    if (crc === this.#crc(i, answer)) return answer;
    if (crc !== 0) this.#tell("some of the teacher's answers that were kept are damaged: it is asked again");
    return null;
  }

  /** The CRC comes last: a write that is cut short leaves a hole. */
  #write(i: number, answer: Uint8Array): void {
    const crc = Buffer.alloc(CRC_BYTES);
    crc.writeUInt32LE(this.#crc(i, answer));
    const start = this.#start(i);
    this.#tried("kept", () => {
      writeAll(this.#fd, answer, start + CRC_BYTES);
      writeAll(this.#fd, crc, start);
    });
  }

  #start(i: number): number {
    return answersFileBytes(i, this.record.bytes);
  }

  #crc(i: number, answer: Uint8Array): number {
    return crc32(answer, crc32(`${this.record.key} ${i}`));
  }

  /** False where the disk fails, which is not tried again. */
  #tried(what: "read" | "kept", work: () => unknown): boolean {
    if (this.#failing.has(what)) return false;
    try {
      work();
      return true;
    } catch (error) {
      this.#failing.add(what);
      this.#tell(`the teacher's answers cannot be ${what} any more, and it is asked instead: ${String(error)}`);
      return false;
    }
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.warn(message);
  }
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
