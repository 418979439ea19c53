import { open, type FileHandle } from "node:fs/promises";
import { unlessAbsent } from "@trainer/disk";
import { thinned } from "./thinned.js";

/** Number of points. */
const POINTS = 24;
/** A file of so many bytes is read whole; of a larger one a piece for each point, long enough for a step's line. */
const WHOLE_BYTES = 64 << 10;
const PIECE_BYTES = 1 << 10;
/** Number of files whose points are kept. */
const MOST = 10_000;

/** A few training losses of runs, by a few places of their metrics: a long file is not read whole. */
export class Sparklines {
  readonly #kept = new Map<string, { readonly bytes: number; readonly mtimeMs: number; readonly losses: number[] }>();

  constructor(private readonly most = MOST) {}

  /** Training losses, evenly over the file; null where there is none. */
  async of(path: string | null): Promise<number[] | null> {
    return path === null ? null : await unlessAbsent(this.#read(path)); // it may be moved just then
  }

  async #read(path: string): Promise<number[]> {
    await using file = await open(path);
    const { size: bytes, mtimeMs } = await file.stat();
    const kept = this.#kept.get(path);
    if (kept?.bytes === bytes && kept.mtimeMs === mtimeMs) return kept.losses;
    const losses = await lossesOf(file, bytes);
    if (this.#kept.size >= this.most) this.#kept.clear();
    this.#kept.set(path, { bytes, mtimeMs, losses });
    return losses;
  }
}

async function lossesOf(file: FileHandle, bytes: number): Promise<number[]> {
  if (bytes <= WHOLE_BYTES) return thinned(lossesIn(await textAt(file, 0, bytes)), POINTS);
  const starts = Array.from({ length: POINTS }, (_, i) => Math.round((i * (bytes - PIECE_BYTES)) / (POINTS - 1)));
  const pieces = await Promise.all(starts.map((start) => textAt(file, start, PIECE_BYTES)));
  return pieces.flatMap((piece) => lossesIn(piece).slice(0, 1));
}

async function textAt(file: FileHandle, start: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
  return buffer.toString("latin1", 0, bytesRead);
}

/** What follows the loss shows that none of its digits are missing. */
const lossesIn = (text: string): number[] =>
  [...text.matchAll(/"train_loss":(-?\d[\d.eE+-]*)[,}]/g)].map(([, loss]) => Number(loss)).filter(Number.isFinite);
