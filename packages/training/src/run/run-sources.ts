import { at } from "@trainer/disk";
import type { LoaderState } from "../bins/batch-loader.js";
import type { RunBins } from "../bins/bins-of-run.js";
import type { Bins } from "../bins/build-bins.js";
import { mixOf } from "../bins/mixture.js";
import type { ManifestSource } from "../home/manifest.js";
import type { RunOptions } from "../options/options.js";
import type { StepPlan } from "../step/step-plan.js";

/** The texts that a run mixes, before its first step; none where it mixes none. */
export function runSources(
  options: RunOptions,
  { sources: bins, counts }: { readonly sources: readonly Pick<Bins, "train">[] } & Pick<RunBins, "counts">,
  { totalSteps, stepsPerEpoch }: Pick<StepPlan, "totalSteps" | "stepsPerEpoch">,
): ManifestSource[] {
  const { corpus, corpusWeights, maxSeconds } = options;
  const { sources, shares } = mixOf(options);
  const taken = (counts.train.tokens * totalSteps) / stepsPerEpoch; // tokens of the whole run
  return (corpusWeights ?? []).map((weight, i) => {
    const { tokens } = at(bins, i).train;
    const epochs = (taken * at(shares, i)) / tokens;
    return {
      source: at(sources, i),
      path: at(corpus, i),
      weight,
      tokens,
      planned_epochs: maxSeconds === null ? epochs : null,
      epochs: 0,
    };
  });
}

/** The same with the epochs that a loader has gone through. */
export const sourcesAt = (
  sources: readonly ManifestSource[],
  { sources: places = [] }: LoaderState,
): ManifestSource[] =>
  sources.map((source, i) => {
    const { epoch, position, chunks } = at(places, i);
    return { ...source, epochs: epoch + position / chunks };
  });

/** Epochs of a text up to which another one gains about as much as new text (Muennighoff et al. 2023). */
const MANY = 4;

/** Warnings about texts that come too often. */
export const repeated = (sources: readonly ManifestSource[]): string[] =>
  sources.flatMap(({ source, planned_epochs: epochs }) =>
    epochs === null || epochs <= MANY
      ? []
      : [
          `${source} will be gone through ${epochs.toFixed(1)} times; after about ${MANY} a repeated text gains less and less: give it less weight, or more text`,
        ],
  );
