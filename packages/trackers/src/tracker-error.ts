/** A refusal of a tracker, or an answer that is none. */
export class TrackerError extends Error {
  override readonly name = "TrackerError";

  constructor(
    message: string,
    /** The name of the refusal, where the tracker gives one. */
    readonly code: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
