import type { FormatChoice } from "@trainer/options";
import { TrainingError } from "../errors.js";
import type { RunManifest } from "../home/manifest.js";

/** Version of the splitting rule: 2 draws pairs of answers by all of their text, 3 by their prompts. */
export const SPLIT_VERSION = 3;

/** The oldest that is still gone by, and the same as the newest for all that has no pairs. */
const OLDEST = 2;

/** The version that splits records of a format: where no pairs can be, bins and tokenizers keep their names. */
export const splitVersionOf = (format: FormatChoice | null, version: number = SPLIT_VERSION): number =>
  format === "auto" || format === "preference" ? version : OLDEST;

/**
 * Refuses a run whose corpus was split by a rule that is no more: what it was trained on would be held out, or what it held
 * out be trained on.
 */
export function assertKnownRule(manifest: Pick<RunManifest, "run_id" | "split_version" | "splits">): void {
  const { run_id: id, split_version: version, splits } = manifest;
  const heldOut = splits !== null && splits.validation.tokens + splits.test.tokens > 0;
  if ((version >= OLDEST && version <= SPLIT_VERSION) || !heldOut) return;
  throw new TrainingError(
    "CONFLICT",
    `run ${id} was begun when corpora were split by another rule (${version}, now ${SPLIT_VERSION}), so what it held out ` +
      "cannot be told from what it was trained on: evaluate it on a text of its own by its path, or start a new run from " +
      "its weights (pretrained run id)",
  );
}
