/** Intervals of a worker's heartbeats and polls, and its timeouts, in milliseconds. */
export interface Pace {
  /** Another takes a job over whose lock has run out, which is looked for that often. */
  readonly lock: number;
  readonly stalled: number;
  /** A run's sign of life, and after which time without one it is nobody's. */
  readonly heartbeat: number;
  readonly silent: number;
  /** The look for runs that are to be stopped. */
  readonly cancel: number;
  /** The sign of life of the worker itself, and the look for runs that nobody has. */
  readonly presence: number;
  readonly reconcile: number;
  /** The look for what nobody needs any more. */
  readonly housekeeping: number;
  /** Time without a job after which a process is started ahead for the next. */
  readonly idle: number;
  /** The look whether an answer is abandoned; after thirty in a row its question is cancelled. */
  readonly abandoned: number;
  /** The look whether processes give signs of life; after the third one without, a process is ended. */
  readonly life: number;
}

/** A run whose worker is killed goes on elsewhere after 10 to 20 seconds. */
export const PACE: Pace = {
  lock: 10_000,
  stalled: 5000,
  heartbeat: 5000,
  silent: 12_000,
  cancel: 500,
  presence: 5000,
  reconcile: 30_000,
  housekeeping: 3_600_000,
  idle: 1000,
  abandoned: 1000,
  life: 20_000,
};
