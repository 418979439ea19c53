import { comesBack, loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { emptyCache, manualSeed, setNumThreads } from "@trainer/torch";
import { bringRun } from "../artifact/bring-run.js";
import { BatchLoader } from "../bins/batch-loader.js";
import { buildBins, type Bins } from "../bins/build-bins.js";
import type { TokenBin } from "../bins/token-bin.js";
import { removeTemporary } from "../checkpoint/list.js";
import { newestValid, sha256Of } from "../checkpoint/read.js";
import type { TrainState } from "../checkpoint/state.js";
import { openCorpus, type Corpus } from "../corpus/corpus.js";
import { leftOutSentences } from "../corpus/left-out.js";
import { TrainingError } from "../errors.js";
import { binsFolder, openHome } from "../home/home.js";
import { tokenizerFileIn } from "../home/tokenizer-file.js";
import { MAX_BATCH_SIZE, searchFor } from "../batch-size/find-batch.js";
import { assertWeightsFit } from "../model/assert-weights-fit.js";
import { corpusOptions } from "../options/corpus-options.js";
import { endOfDocument } from "../step/end-of-document.js";
import { EarlyStopping } from "../step/early-stopping.js";
import { fetching } from "../home/fetching.js";
import type { LiveRun } from "./live-run.js";
import { makeModel } from "../model/make-model.js";
import type { SplitCounts } from "../home/manifest.js";
import { MetricsFile } from "./metrics.js";
import { pluginsThatBring } from "../plugins/loaded-plugins.js";
import { loadPlugged } from "../model/load-plugged.js";
import { makeOptimizer, trainable } from "../step/optimizer.js";
import { planEvaluation } from "../step/planned-evaluation.js";
import { gradScaler } from "../step/precision.js";
import { prepareTokenizer } from "./prepare-tokenizer.js";
import type { Reporter } from "./reporter.js";
import { readState, restore } from "./restore.js";
import { lossWarning, textLoss } from "../tokenizer/text-loss.js";
import { cappedRates } from "../options/schedule.js";
import type { Session } from "./session.js";
import { lossWarnings, splitCounts, splitWarnings } from "./split-counts.js";
import { assertSameRule } from "../corpus/split-version.js";
import { StepProfiler } from "../step/step-profile.js";
import { StepPlan } from "../step/step-plan.js";
import { queueStep, type Stepper } from "../step/step.js";
import { stepRecorder } from "../step/step-recorder.js";
import { ownTokenizer, writeConfigs } from "../model/config-files.js";
import { EvaluationPace } from "../step/throughput.js";
import { writeTokenizerFiles } from "../model/tokenizer-files.js";

/**
 * Everything a run works on, from its options and what its folder holds. The seed is set before anything is drawn; a
 * checkpoint, if there is a sound one, is restored over it last.
 */
export async function prepare(session: Session, reporter: Reporter): Promise<LiveRun & Disposable> {
  const { options, compute, folder, manifest, context } = session;
  const { signal } = context;
  const began = performance.now();
  setNumThreads(manifest.current.threads);
  await loadPlugged(options);
  await removeTemporary(folder.checkpoints);
  const checkpoint = await newestValid(folder.checkpoints, ({ name, problem }) =>
    reporter.warn(`checkpoint ${name} is damaged and not used: ${problem}`),
  );
  const state = checkpoint === null ? null : await readState(checkpoint.path);
  announce(session, reporter, state);

  const corpus = await openSameCorpus(session, reporter);
  const pretrained = checkpoint === null ? await pretrainedFolder(session) : null; // all it has is in the run by then
  const tokenizer = await runTokenizer(session, reporter, corpus, pretrained);
  if (checkpoint === null && pretrained === null) assertWeightsFit(options, tokenizer.vocabSize, compute.device);
  const { bins, counts } = await makeBins(session, reporter, corpus, tokenizer);

  manualSeed(options.seed);
  const { model, weights } = await makeModel(session, tokenizer, { pretrained, begun: checkpoint !== null });
  if (checkpoint === null) await writeConfigs(folder.path, model, tokenizer, ownTokenizer(options) ? pretrained : null);

  const params = trainable(weights.params.named(), options.freezeEmbed);
  const rates = cappedRates(options);
  const stepper: Stepper = {
    model,
    params: [...params.values()],
    optimizer: makeOptimizer(params, rates.learningRate, options),
    compute,
    gradientClipping: options.gradientClipping,
    scaler: gradScaler(compute),
    activationCheckpointing: options.activationCheckpointing,
  };
  const seqLen = Math.min(options.maxSeqLen, model.contextLength);
  const documentEnd = options.maskDocuments ? endOfDocument(model, tokenizer) : null;
  const batchSize = await batchSizeOf(session, reporter, {
    seqLen,
    vocabSize: model.vocabSize,
    tokens: bins.train.tokens,
  });
  const loader = new BatchLoader(bins.train, {
    seqLen,
    batchSize,
    shuffle: true,
    seed: options.seed,
    padId: tokenizer.specials.pad,
    documentEnd,
    device: compute.device,
  });
  const reading = { context: seqLen, stride: seqLen, batchSize, documentEnd, device: compute.device } as const;
  const evaluation = async (bin: TokenBin | null) =>
    bin && planEvaluation(bin, tokenizer, { ...reading, evalTokens: options.evalTokens, seed: options.seed });
  const splits = { validation: await evaluation(bins.validation), test: await evaluation(bins.test) };
  const plan = new StepPlan({
    ...options,
    ...rates,
    batchesPerEpoch: loader.stepsPerEpoch,
    schedule: options.lrSchedule,
  });
  const early = new EarlyStopping(options.earlyStoppingPatience);
  const metrics = new MetricsFile(folder.metrics, state?.metricsBytes ?? 0);
  if (checkpoint !== null && state !== null) restore(checkpoint.path, state, { weights, stepper, loader, early });

  const parameters = model.params.count();
  const trainableParameters = stepper.params.reduce((sum, p) => sum + p.numel, 0);
  await manifest.update({
    parameters,
    trainable_parameters: trainableParameters,
    model_family: model.family,
    vocab_size: model.vocabSize,
    max_seq_len: seqLen,
    splits: counts,
    special_tokens: bins.specialTokens,
    begin_tokens: tokenizer.frame.before.map((id) => tokenizer.token(id)),
    end_tokens: tokenizer.frame.after.map((id) => tokenizer.token(id)),
    total_steps: plan.totalSteps,
    plugins: pluginsThatBring([
      `model family ${model.family}`,
      `optimizer ${options.optimizer}`,
      `tokenizer ${tokenizer.kind}`,
    ]),
  });
  const { totalSteps, stepsPerEpoch, epochs } = plan;
  reporter.emit({ type: "start", parameters, trainableParameters, totalSteps, stepsPerEpoch, epochs });
  const earlier = state?.elapsedMs ?? 0;
  const recorder = stepRecorder(
    stepper,
    { profiled: (context.profileSteps ?? 0) > 0, optimizer: options.optimizer },
    reporter,
  );
  return {
    options,
    folder,
    manifest,
    reporter,
    signal,
    queueStep: context.queueStep ?? recorder?.queueStep ?? queueStep,
    freeMemory() {
      recorder?.drop();
      emptyCache(compute.device);
    },
    onStep: context.onStep,
    mayWrite: () => session.lock.mayWrite(),
    stepper,
    weights,
    plan,
    loader,
    splits,
    early,
    metrics,
    profiler: new StepProfiler(context.profileSteps ?? 0, compute, (profile) =>
      reporter.emit({ type: "profile", profile }),
    ),
    progress: {
      step: state?.step ?? 0,
      tokensSeen: state?.tokensSeen ?? 0,
      trainLoss: state?.trainLoss ?? null,
      skippedSteps: state?.skippedSteps ?? 0,
      evalDue: state?.evalDue ?? false,
      finished: state?.finished ?? false,
    },
    pace: new EvaluationPace(),
    elapsedMs: () => earlier + performance.now() - began,
    [Symbol.dispose]() {
      metrics[Symbol.dispose]();
      loader[Symbol.dispose]();
      recorder?.[Symbol.dispose]();
      bins[Symbol.dispose]();
      for (const tensor of [...model.params.list(), ...weights.params.list(), ...stepper.optimizer.state().values()])
        tensor.dispose();
    },
  };
}

function announce({ options, compute, folder, manifest }: Session, reporter: Reporter, state: TrainState | null): void {
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
    fromStep: state?.step ?? 0,
  });
}

/**
 * Sequences in a batch: with "auto" found once, with the number of threads that is fastest unless one was asked for, and
 * noted so that a resumed run has as many.
 */
async function batchSizeOf(
  { options, manifest, context, folder }: Session,
  reporter: Reporter,
  { seqLen, vocabSize, tokens }: { readonly seqLen: number; readonly vocabSize: number; readonly tokens: number },
): Promise<number> {
  const known = manifest.current.batch_size;
  if (known > 0) return known;
  const { batchSize, threads: fastest } = await searchFor(
    {
      options: { ...options, threads: manifest.current.threads },
      vocabSize,
      maxSeqLen: seqLen,
      dimensionsFrom: folder.path,
    },
    { signal: context.signal, maxBatchSize: Math.min(MAX_BATCH_SIZE, Math.ceil(tokens / seqLen)) },
  );
  const threads = options.threads === 0 ? fastest : manifest.current.threads;
  await manifest.update({ batch_size: batchSize, threads });
  setNumThreads(threads);
  reporter.emit({ type: "batch", batchSize });
  return batchSize;
}

/** The corpus; a run that has begun on another one is not gone on with. */
async function openSameCorpus(
  { options, manifest, context }: Session,
  reporter: Reporter,
): Promise<Corpus & { readonly hash: string }> {
  const corpus = await openCorpus(options.corpus, {
    ...corpusOptions(options, fetching(context).home),
    signal: context.signal,
    onLook: (looked, files) => reporter.emit({ type: "data", phase: "open", looked, files }),
  });
  const { totalBytes } = corpus;
  const onRead = ({ bytes }: { readonly bytes: number }) =>
    reporter.emit({ type: "data", phase: "hash", bytes, totalBytes, tokens: 0, tokensPerSec: 0 });
  const hash = await corpus.sha256({ signal: context.signal, onRead });
  const before = manifest.current.corpus_sha256;
  if (before !== null && before !== hash) {
    throw new TrainingError(
      "CONFLICT",
      `the corpus ${options.corpus.join(", ")} has changed since the run began: put the old text back to resume it, ` +
        "or start a new run",
    );
  }
  await manifest.update({ corpus_sha256: hash });
  return { ...corpus, hash, sha256: () => Promise.resolve(hash) };
}

async function pretrainedFolder({ options, context }: Session): Promise<string | null> {
  if (options.pretrainedRunId === null) return null;
  return (await bringRun(options.pretrainedRunId, fetching(context))).dir;
}

/** The tokenizer in the run's folder; at the beginning it is put there. */
async function runTokenizer(
  { options, folder, manifest, context }: Session,
  reporter: Reporter,
  corpus: Corpus & { readonly hash: string },
  pretrained: string | null,
): Promise<Tokenizer> {
  const { tokenizer_sha256: before, tokenizer_id: id } = manifest.current;
  if (before !== null) {
    if ((await tokenizerFileSha256(folder.path)) !== before) {
      const message = `the tokenizer in ${folder.path} has changed since the run began: put the old one back`;
      throw new TrainingError("CONFLICT", message);
    }
    const tokenizer = await loadTokenizer(folder.path);
    reporter.emit({ type: "tokenizer", phase: "ready", progress: 1, tokenizerId: id, vocabSize: tokenizer.vocabSize });
    return tokenizer;
  }
  const { home, signal } = context;
  const request = { options, home, corpus, corpusSha256: corpus.hash, pretrained, emit: reporter.emit, signal };
  const made = await prepareTokenizer(request);
  await writeTokenizerFiles(folder.path, made.tokenizer, options.maxSeqLen);
  const loss = await textLoss(made.tokenizer, corpus, signal);
  const warning = lossWarning(loss, comesBack(made.tokenizer, "\n"));
  if (warning !== null) reporter.warn(warning);
  await manifest.update({
    tokenizer_id: made.id,
    tokenizer_sha256: await tokenizerFileSha256(folder.path),
    tokenizer_loss: loss,
  });
  return made.tokenizer;
}

/** Null where it is gone. */
async function tokenizerFileSha256(dir: string): Promise<string | null> {
  const file = await tokenizerFileIn(dir);
  return file === null ? null : sha256Of(file);
}

async function makeBins(
  { options, manifest, context }: Session,
  reporter: Reporter,
  corpus: Corpus,
  tokenizer: Tokenizer,
): Promise<{ readonly bins: Bins; readonly counts: SplitCounts }> {
  assertSameRule(manifest.current);
  const { holdoutFraction, testSplitRatio, seed } = options;
  const bins = await buildBins({
    corpus,
    tokenizer,
    split: { holdoutFraction, testSplitRatio, seed },
    specialTokens: options.specialTokens,
    cacheDir: binsFolder(openHome(context.home)),
    threads: manifest.current.threads,
    signal: context.signal,
    onProgress: (p) => reporter.emit({ type: "data", ...p }),
  });
  await manifest.update({ left_out: bins.leftOut });
  for (const sentence of leftOutSentences(bins.leftOut)) reporter.warn(sentence);
  const counts = splitCounts(bins.counts, options);
  for (const warning of [...splitWarnings(counts), ...lossWarnings(bins.counts)]) reporter.warn(warning);
  reporter.emit({ type: "data", phase: "ready", counts, cached: bins.cached, specialTokens: bins.specialTokens });
  return { bins, counts };
}
