import { TrainingError } from "../errors.js";

let training = false;

/**
 * Runs one training at a time. libtorch's random generator and its threads belong to the process: two runs at once would
 * draw from each other's numbers, and neither could be repeated.
 */
export async function exclusive<T>(body: () => Promise<T>): Promise<T> {
  if (training) {
    const message = "this process is training another run: wait for it to end, or train in a process of its own";
    throw new TrainingError("CONFLICT", message);
  }
  training = true;
  try {
    return await body();
  } finally {
    training = false;
  }
}
