import { join } from "node:path";
import type { RunManifest } from "../home/manifest.js";
import { EventFile } from "./event-file.js";
import { endEvent, hparamsEvent, scalarsEvent, startEvent, textEvent } from "./events.js";
import { LinesSince } from "./lines-since.js";
import { plainSettings } from "./plain-settings.js";
import { PointLine, SampleLine, type Point } from "./points.js";

/** The files of a run that its events are made of. */
export interface EventSources {
  readonly metrics: string;
  readonly samples: string;
}

/** Where a run goes on: its steps and tokens so far, and what its files hold of them. */
export interface RunPlace {
  readonly step: number;
  readonly tokens: number;
  readonly metricsBytes: number;
  readonly samplesBytes: number;
}

const BEST = "validation/best_loss";

/** What of a run a line tells, for the time when that was. */
export type LineKind = Point["of"] | "sample";
export type TimeOf = (of: LineKind, step: number) => number;

/** What stands on the x axis. */
interface Axis {
  readonly of: (at: Pick<RunPlace, "step" | "tokens">) => number;
  /** Before the names of figures. */
  readonly prefix: string;
  /** True where samples and settings are shown too. */
  readonly isMain: boolean;
}

const bySteps: Axis = { of: ({ step }) => step, prefix: "", isMain: true };
const byTokens: Axis = { of: ({ tokens }) => tokens, prefix: "by_tokens/", isMain: false };

/**
 * A run's event files: its figures over steps, with samples and settings, and over tokens. The latter lie in a folder of
 * their own, which TensorBoard takes for a run: what a start makes void goes by x, for all figures of a folder.
 */
export const runEvents = (folder: string, sources: EventSources): RunEvents[] => [
  new RunEvents(folder, sources, bySteps),
  new RunEvents(join(folder, "by_tokens"), sources, byTokens),
];

/** A run's events over one axis, made of its metrics and samples as they are written. */
export class RunEvents {
  readonly #file: EventFile;
  readonly #metrics: LinesSince<Point>;
  readonly #samples: LinesSince<SampleLine>;
  readonly #axis: Axis;
  /** Events that come before those of the next lines. */
  #first: readonly Buffer[] = [];

  constructor(
    readonly folder: string,
    { metrics, samples }: EventSources,
    axis: Axis,
  ) {
    this.#file = new EventFile(folder);
    this.#metrics = new LinesSince(metrics, PointLine);
    this.#samples = new LinesSince(samples, SampleLine);
    this.#axis = axis;
  }

  /** The run begins or goes on at a place: what the file has of later steps is void. */
  restart(place: RunPlace, manifest: RunManifest, wallTime: number): void {
    this.#metrics.place = place.metricsBytes;
    this.#samples.place = place.samplesBytes;
    const isBeginning = place.step === 0;
    const step = isBeginning ? 0 : this.#axis.of(place) + 1; // what is there of this step stays
    this.#first = [
      startEvent({ wallTime, step }),
      ...(isBeginning && this.#axis.isMain ? [settingsEvent(manifest)] : []),
    ];
  }

  /** Appends what the run has written since. What cannot be appended now is appended the next time. */
  sync(timeOf: TimeOf): void {
    const { of, prefix, isMain } = this.#axis;
    this.#drain(this.#metrics, (point) => {
      const place = { wallTime: timeOf(point.of, point.step), step: of(point) };
      return scalarsEvent(place, new Map([...point.scalars].map(([name, value]) => [prefix + name, value])));
    });
    if (!isMain) return;
    this.#drain(this.#samples, ({ step, prompt, output }) =>
      textEvent({ wallTime: timeOf("sample", step), step }, "samples/text", [asWritten(prompt + output)]),
    );
  }

  /** How the run ended, for now. */
  end({ status, best_val_loss: best, steps }: RunManifest, wallTime: number): void {
    if (!this.#axis.isMain) return;
    const figures = best === null ? [] : [scalarsEvent({ wallTime, step: steps }, new Map([[BEST, best]]))];
    const ended = status === "completed" || status === "failed" ? [endEvent({ wallTime, step: 0 }, status)] : [];
    this.#append([...figures, ...ended]);
  }

  #drain<T>(lines: LinesSince<T>, eventOf: (line: T) => Buffer): void {
    for (let read = lines.read(); read !== null; read = lines.read()) {
      this.#append(read.values.map(eventOf));
      lines.place = read.end;
    }
  }

  #append(events: readonly Buffer[]): void {
    this.#file.append([...this.#first, ...events]);
    this.#first = [];
  }
}

function settingsEvent({ config, run_id: groupName, started_at: started }: RunManifest): Buffer {
  const startTime = Date.parse(started) / 1000;
  return hparamsEvent({ wallTime: startTime, step: 0 }, { hparams: plainSettings(config), groupName, startTime });
}

/** A text that Markdown leaves as it is: a block of code. */
const asWritten = (text: string): string => text.replaceAll(/^/gm, "    ");
