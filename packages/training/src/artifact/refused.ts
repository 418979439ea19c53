import { TrainingError } from "../errors.js";

/** An archive that is damaged or was made to do harm. Trying again does not help. */
export const refused = (why: string, options?: ErrorOptions): TrainingError =>
  new TrainingError("ARTIFACT_DOWNLOAD_FAILED", `the archive of the run cannot be taken: ${why}`, options);
