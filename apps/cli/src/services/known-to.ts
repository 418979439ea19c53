import { ServiceError } from "@trainer/client";

/** What a server tells; null of a run that has not begun, or is not there. */
export async function knownTo<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return null;
    throw error;
  }
}
