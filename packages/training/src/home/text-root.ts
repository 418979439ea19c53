import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isInside, resolveInside } from "@trainer/disk";
import { TrainingError } from "../errors.js";

/** The kind of text that a request's path names: one text, or also a folder of texts. */
export type TextKind = "file" | "corpus";

/** Error message for a path without a text. */
export const noText = (path: string, what: TextKind): string =>
  `${JSON.stringify(path)} leads to no ${what === "file" ? "file" : "text"} in the corpus folder of the server's data`;

/**
 * The one folder of texts that requests may name: `corpus` below a service's data. Requests can name nothing else below
 * it, keys, logs and models: every look-up of a request's path takes a `TextRoot`.
 */
export class TextRoot {
  readonly folder: string;
  /** Texts that are being sent, under temporary names. */
  readonly uploads: string;

  constructor(private readonly dataRoot: string) {
    this.folder = join(dataRoot, "corpus");
    this.uploads = join(this.folder, ".uploads");
  }

  /**
   * The real path of a file or, if requested, a folder, named from this folder or from the one above. Null alike if
   * nothing is there or something that is not for requests.
   */
  async find(path: string, what: TextKind): Promise<string | null> {
    const real = (await resolveInside(this.folder, path)) ?? (await this.#fromAbove(path));
    const info = real === null ? null : await stat(real);
    return info?.isFile() === true || (what === "corpus" && info?.isDirectory() === true) ? real : null;
  }

  /** As {@link find}. @throws TrainingError CORPUS_NOT_FOUND */
  async need(path: string, what: TextKind): Promise<string> {
    const real = await this.find(path, what);
    if (real === null) throw new TrainingError("CORPUS_NOT_FOUND", noText(path, what));
    return real;
  }

  /** A path like `corpus/novel.txt`. */
  async #fromAbove(path: string): Promise<string | null> {
    const real = await resolveInside(this.dataRoot, path);
    return real !== null && this.holds(real) ? real : null;
  }

  /** True if an existing path is in this folder, links followed. */
  holds(path: string): boolean {
    return isInside(this.folder, path);
  }
}
