import type { Tokenizer } from "@trainer/tokenizers";
import type { RunBins } from "../bins/bins-of-run.js";
import type { Learner } from "../model/learner.js";
import { cappedRates } from "../options/schedule.js";
import { pluginsThatBring } from "../plugins/loaded-plugins.js";
import type { StepPlan } from "../step/step-plan.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";
import type { RunData } from "./run-data.js";
import { orUndefined } from "../home/metrics-lines.js";
import { repeated, runSources, sourcesAt } from "./run-sources.js";
import { splitCounts } from "./split-counts.js";

/** Says what is asked of the run, and from which step it goes on. */
export function announceConfig(
  { options, compute, folder, manifest }: Session,
  reporter: Reporter,
  fromStep: number,
): void {
  const { batch_size: batchSize, threads, max_seq_len: maxSeqLen } = manifest.current;
  const { modelFamily, modelSize, seed } = options;
  const { learningRate } = cappedRates(options);
  reporter.emit({
    type: "config",
    runId: folder.id,
    path: folder.path,
    modelFamily,
    modelSize,
    ...compute,
    threads,
    batchSize,
    maxSeqLen,
    learningRate,
    seed,
    fromStep,
  });
}

/** Notes what the run consists of, and says that its steps begin. */
export async function announceStart(
  { options, manifest }: Session,
  reporter: Reporter,
  {
    tokenizer,
    bins,
    learner,
    data,
    plan,
  }: {
    readonly tokenizer: Tokenizer;
    readonly bins: RunBins;
    readonly learner: Learner;
    readonly data: RunData;
    readonly plan: StepPlan;
  },
): Promise<void> {
  const { model, stepper } = learner;
  const parameters = model.params.count();
  const trainableParameters = stepper.params.reduce((sum, p) => sum + p.numel, 0);
  const { totalSteps, stepsPerEpoch, epochs } = plan;
  const sources = sourcesAt(runSources(options, bins, plan), data.loader.state());
  await manifest.update({
    parameters,
    trainable_parameters: trainableParameters,
    model_family: model.family,
    vocab_size: model.vocabSize,
    ...(learner.newTokens === null ? {} : { new_tokens: learner.newTokens.length }),
    max_seq_len: data.seqLen,
    splits: splitCounts(bins.counts, options),
    sources,
    special_tokens: bins.specialTokens,
    begin_tokens: tokenizer.frame.before.map((id) => tokenizer.token(id)),
    end_tokens: tokenizer.frame.after.map((id) => tokenizer.token(id)),
    total_steps: totalSteps,
    plugins: pluginsThatBring([
      `model family ${model.family}`,
      `optimizer ${options.optimizer}`,
      `tokenizer ${tokenizer.kind}`,
    ]),
  });
  for (const warning of repeated(sources)) reporter.warn(warning);
  const start = { parameters, trainableParameters, totalSteps, stepsPerEpoch, epochs };
  reporter.emit({ type: "start", ...start, sources: orUndefined(sources) });
}
