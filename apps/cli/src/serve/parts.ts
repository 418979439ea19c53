import { join } from "node:path";
import { z } from "zod";
import { LogFile } from "./log-file.js";
import { startPart, type Pace, type Part, type PartSpec, type Place } from "./part.js";

/** Places of the parts by name; of a given service, not ours, the address alone. */
export type Places = Readonly<Record<string, Place>>;

export interface PartsHooks {
  readonly pace: Pace;
  /** Called with each line of the parts' logs, which also go to files. */
  log(line: string): void;
  /** A part is up, for the first time or again. */
  up(name: string, place: Place, ms: number): void;
  /** A part has died, or could not be started again. */
  down(name: string, why: string, againInMs: number): void;
  /** Something has changed. */
  moved(places: Places): void;
}

/** The parts of a system, in the order in which they were started. */
export class Parts {
  readonly #parts: Part[] = [];
  readonly #begun: Promise<Place>[] = [];
  readonly #logs: LogFile[] = [];
  #places: Places = {};

  constructor(
    readonly logFolder: string,
    readonly hooks: PartsHooks,
  ) {}

  /** @throws Error that names the needed part that does not come up, and why */
  async start(spec: PartSpec, signal: AbortSignal): Promise<Place> {
    const { name } = spec;
    const file = new LogFile(join(this.logFolder, `${name}.log`));
    this.#logs.push(file);
    const write = (line: string) => {
      file.write(line);
      this.hooks.log(line);
    };
    const up = (_: string, place: Place, ms: number) => {
      this.hooks.up(name, place, ms);
      this.at(name, place);
    };
    try {
      const part = await startPart(spec, { ...this.hooks, log: { write }, up }, signal);
      this.#parts.push(part);
      return part.place;
    } catch (error) {
      signal.throwIfAborted(); // that is why
      const { message } = z.instanceof(Error).parse(error);
      throw new Error(`${name} does not come up: ${message}`, { cause: error });
    }
  }

  /** Starts a part that is not needed, and that nobody waits for. */
  begin(spec: PartSpec, signal: AbortSignal): void {
    this.#begun.push(this.start(spec, signal).catch(() => ({}))); // it was stopped
  }

  /** Something is where it is without our doing. */
  at(name: string, place: Place): void {
    this.#places = { ...this.#places, [name]: place };
    this.hooks.moved(this.#places);
  }

  /** Stops all, each before those that it needs. */
  async stop(hurry: AbortSignal): Promise<void> {
    await Promise.all(this.#begun);
    for (const part of this.#parts.toReversed()) await part.stop(hurry);
    for (const log of this.#logs) log[Symbol.dispose]();
  }
}
