import { Stopped } from "../process/interrupts.js";
import type { Output } from "./output.js";

/** Work of which nothing is kept when a signal stops it, which is said then. A reader that has gone needs to hear nothing. */
export async function tellStop<T>(out: Pick<Output, "warn">, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Stopped && error.by.startsWith("SIG")) out.warn(`Stopped by ${error.by}; nothing is kept.`);
    throw error;
  }
}
