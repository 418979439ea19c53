import { background, Watchdog } from "@trainer/platform";
import { setTimeout as sleep } from "node:timers/promises";
import { PartProcess, type Launch } from "./part-process.js";

/** Address of a part, if it has one, and its process; empty before it was up. */
export interface Place {
  readonly url?: string;
  readonly pid?: number;
}

/** A part of the system, and how it is kept up. */
export interface PartSpec {
  readonly name: string;
  /** True if nothing works without it: then it must start at the first try. */
  readonly needed: boolean;
  /** Command of its process; on a restart with its former place, which others know. */
  launch(before: Place): Launch;
  /** Waits until it answers, after its ready line `told`; fails once `signal` aborts. */
  place(ready: unknown, pid: number, signal: AbortSignal): Promise<Place>;
  /** Health check: resolves if it lives. Without one it sends heartbeats over the channel to its parent. */
  ask?(place: Place): Promise<unknown>;
  /** Time in which it may end by itself. */
  readonly graceMs: number;
}

export interface PartHooks {
  readonly log: { write(line: string): void };
  /** It is up, for the first time or again. */
  up(name: string, place: Place, ms: number): void;
  /** It has died, or could not be started again. */
  down(name: string, why: string, againInMs: number): void;
  readonly pace: Pace;
}

/** Intervals of restarts and health checks. */
export interface Pace {
  readonly firstMs: number;
  /** Each wait is twice the one before, up to this. */
  readonly longestMs: number;
  /** Uptime after which a death is not blamed on the start: the backoff is reset. */
  readonly settledMs: number;
  /** Interval of health checks; after the third failure in a row it is ended. */
  readonly lifeMs: number;
}

export interface Part {
  readonly name: string;
  readonly place: Place;
  /** Lets it end by itself, for as long as it may take and nobody hurries; then it is ended. */
  stop(hurry: AbortSignal): Promise<void>;
}

/**
 * Starts a part and keeps it up until it is stopped.
 * @throws Error with the reason, if a needed part does not come up or was stopped meanwhile
 */
export async function startPart(spec: PartSpec, hooks: PartHooks, signal: AbortSignal): Promise<Part> {
  const { name, graceMs } = spec;
  const stopping = new AbortController();
  let place: Place = {};
  let current = new PartProcess(spec.launch(place), hooks.log);
  try {
    place = await settle(current, spec, hooks, signal);
  } catch (error) {
    if (spec.needed || signal.aborted) throw error;
  }

  async function keep(): Promise<void> {
    let born = performance.now();
    let wait = hooks.pace.firstMs;
    for (;;) {
      const why = await current.ended;
      if (stopping.signal.aborted) return;
      if (performance.now() - born > hooks.pace.settledMs) wait = hooks.pace.firstMs;
      hooks.down(name, why, wait);
      await sleep(wait, null, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      wait = Math.min(2 * wait, hooks.pace.longestMs);
      born = performance.now();
      current = new PartProcess(spec.launch(place), hooks.log);
      const before = place;
      place = await settle(current, spec, hooks, stopping.signal).catch(() => before); // why it failed: the next look tells
    }
  }

  const kept = keep();
  return {
    name,
    get place() {
      return place;
    },
    async stop(hurry) {
      stopping.abort();
      await end(current, graceMs, hurry);
      await kept;
    },
  };
}

/** Waits until a process that was just started is up; one that does not come up is ended. */
async function settle(process: PartProcess, spec: PartSpec, hooks: PartHooks, signal: AbortSignal): Promise<Place> {
  const started = performance.now();
  const over = new AbortController();
  const ended = process.ended.then((why) => Promise.reject(new Error(why)));
  ended.catch(() => over.abort());
  const stop = () => background(end(process, spec.graceMs, NOBODY_HURRIES), () => process.kill());
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    const ready = await process.ready;
    const place = await Promise.race([spec.place(ready, Number(process.pid), over.signal), ended]);
    process.settled();
    watch(process, place, spec, hooks.pace);
    hooks.up(spec.name, place, performance.now() - started);
    return place;
  } catch (error) {
    await end(process, spec.graceMs, signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Ends a process that is up once it hangs; then it is started again as any that has died. */
function watch(process: PartProcess, place: Place, { ask }: PartSpec, { lifeMs }: Pace): void {
  const watchdog = new Watchdog({ everyMs: lifeMs, onSilent: () => process.endHung() });
  const seen = () => watchdog.seen();
  const looking = ask && setInterval(() => background(ask(place).then(seen), () => {}), lifeMs);
  if (ask === undefined) process.onSign(seen);
  const over = () => {
    watchdog[Symbol.dispose]();
    clearInterval(looking);
  };
  process.ended.then(over, over);
}

const NOBODY_HURRIES = new AbortController().signal;

/** Ends a process: in its own time, or when that has passed or somebody hurries, at once. */
async function end(process: PartProcess, graceMs: number, hurry: AbortSignal): Promise<void> {
  const kill = () => process.kill();
  const late = setTimeout(kill, graceMs);
  hurry.addEventListener("abort", kill);
  if (hurry.aborted) kill();
  process.stop();
  await process.ended;
  clearTimeout(late);
  hurry.removeEventListener("abort", kill);
}
