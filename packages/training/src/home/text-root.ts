import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isInside, resolveInside } from "@trainer/disk";
import { TrainingError } from "../errors.js";

/** What a request's path is to lead to: one text, or also a folder of texts. */
export type TextKind = "file" | "corpus";

/** What is said of a path that leads to none. */
export const noText = (path: string, what: TextKind): string =>
  `${JSON.stringify(path)} leads to no ${what === "file" ? "file" : "text"} in the corpus folder of the server's data`;

/**
 * The one folder that texts named by requests lie in: `corpus` below a service's data. What else is below it, keys, logs
 * and models, no request can name: nothing but a `TextRoot` is taken where a request's path is looked up.
 */
export class TextRoot {
  readonly #folder: string;

  constructor(private readonly dataRoot: string) {
    this.#folder = join(dataRoot, "corpus");
  }

  /**
   * The real path of a file or, where that is asked for, a folder, named from this folder or from the one above. Null in
   * the same way whether nothing is there or something that is not for requests.
   */
  async find(path: string, what: TextKind): Promise<string | null> {
    const real = (await resolveInside(this.#folder, path)) ?? (await this.#fromAbove(path));
    const info = real === null ? null : await stat(real);
    return info?.isFile() === true || (what === "corpus" && info?.isDirectory() === true) ? real : null;
  }

  /** As {@link find}. @throws TrainingError CORPUS_NOT_FOUND */
  async need(path: string, what: TextKind): Promise<string> {
    const real = await this.find(path, what);
    if (real === null) throw new TrainingError("CORPUS_NOT_FOUND", noText(path, what));
    return real;
  }

  /** As in `corpus/novel.txt`. */
  async #fromAbove(path: string): Promise<string | null> {
    const real = await resolveInside(this.dataRoot, path);
    return real !== null && this.holds(real) ? real : null;
  }

  /** Whether something that is there lies in this folder, links followed. */
  holds(path: string): boolean {
    return isInside(this.#folder, path);
  }
}
