/** Time, as the bot has it: what a test steers. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Does something later, unless it is called off. */
  after(ms: number, work: () => void): () => void;
}

export const clock: Clock = {
  now: Date.now,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
