import { SPLIT_VERSION } from "./split-plan.js";
import { TrainingError } from "../errors.js";
import type { RunManifest } from "../home/manifest.js";

/**
 * Refuses a run whose corpus was split by another rule: what it was trained on would be held out, or what it held out be
 * trained on.
 */
export function assertSameRule(manifest: Pick<RunManifest, "run_id" | "split_version" | "splits">): void {
  const { run_id: id, split_version: version, splits } = manifest;
  const heldOut = splits !== null && splits.validation.tokens + splits.test.tokens > 0;
  if (version === SPLIT_VERSION || !heldOut) return;
  throw new TrainingError(
    "CONFLICT",
    `run ${id} was begun when corpora were split by another rule (${version}, now ${SPLIT_VERSION}), so what it held out ` +
      "cannot be told from what it was trained on: evaluate it on a text of its own by its path, or start a new run from " +
      "its weights (pretrained run id)",
  );
}
