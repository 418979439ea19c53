import { ticked } from "../text/fit.js";
import { Refused } from "./command.js";

/** Limits the trainings that a user may have queued or running. */
export class Trainings {
  readonly #starting = new Map<bigint, Promise<unknown>>();

  /** @param most 0: as many as they like */
  constructor(private readonly most: number) {}

  /**
   * Has a training started, unless the user has too many. Of one user, trainings are started one after another.
   * @param underWay names the runs of the user that are not over
   * @throws Refused
   */
  async start<T>(user: bigint, underWay: () => Promise<readonly string[]>, start: () => Promise<T>): Promise<T> {
    if (this.most === 0) return await start();
    const before = this.#starting.get(user) ?? Promise.resolve();
    const started = before.then(async () => {
      const runs = await underWay();
      if (runs.length >= this.most) throw new Refused(tooMany(runs, this.most));
      return await start();
    });
    const settled = started
      .catch(() => {})
      .finally(() => {
        if (this.#starting.get(user) === settled) this.#starting.delete(user);
      });
    this.#starting.set(user, settled);
    return await started;
  }
}

function tooMany(runs: readonly string[], most: number): string {
  const [noun, verb] = runs.length === 1 ? ["training", "is"] : ["trainings", "are"];
  const limit = `one person may have ${most} at a time`;
  return `${runs.length} ${noun} of yours ${verb} queued or running, and ${limit}: ${runs.toSorted().map(ticked).join(", ")}. \`/cancel\` ends one.`;
}
