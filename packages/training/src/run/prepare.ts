import type { Tokenizer } from "@trainer/tokenizers";
import { manualSeed, setNumThreads } from "@trainer/torch";
import { readChatTemplate, RenderedChat } from "../conversation/chat-template.js";
import { Disposables } from "../disposables.js";
import { assertWeightsFit } from "../model/assert-weights-fit.js";
import { ownTokenizer, writeConfigs } from "../model/config-files.js";
import { makeLearner } from "../model/learner.js";
import { loadPlugged } from "../model/load-plugged.js";
import { openTeacher, type Teacher } from "../model/teacher.js";
import { EarlyStopping } from "../step/early-stopping.js";
import { LossWatch } from "../step/loss-watch.js";
import { stepPlanOf } from "../step/step-plan.js";
import { measuringProducts } from "../step/products.js";
import { stepRecorder } from "../step/step-recorder.js";
import { announceConfig, announceStart } from "./announce.js";
import { folderOfRun } from "./folder-of-run.js";
import { identifyCorpus } from "./identify-corpus.js";
import { LiveRun, type Course } from "./live-run.js";
import { MetricsFile } from "./metrics.js";
import { chanceOf } from "../preference/objectives.js";
import type { Reporter } from "./reporter.js";
import { restore } from "./restore.js";
import { runBins } from "./run-bins.js";
import type { Session } from "./run-context.js";
import { openRunData, type RunData } from "./run-data.js";
import { openSampler } from "./sampler.js";
import { runTokenizer } from "./run-tokenizer.js";
import { newestSaved, progressOf, type Saved } from "./saved.js";
import { writeEvents } from "./write-events.js";

/** Most steps that a manifest has of those from which the run went on. */
const RESUMED = 1000;

/**
 * Everything a run works on, from its options and what its folder holds. The seed is set before anything is drawn; a
 * checkpoint, if there is a sound one, is restored over it last.
 */
export async function prepare(session: Session, reporter: Reporter): Promise<LiveRun> {
  const began = performance.now();
  const { options, compute, context, folder, manifest } = session;
  setNumThreads(manifest.current.threads);
  await loadPlugged(options);
  const saved = await newestSaved(session, reporter);
  const fromStep = saved?.state.step ?? 0;
  announceConfig(session, reporter, fromStep);
  if (fromStep > 0)
    await manifest.update({ resumed_from: [...manifest.current.resumed_from, fromStep].slice(-RESUMED) });

  await identifyCorpus(session, reporter);
  const pretrained = saved === null ? await folderOfRun(options.pretrainedRunId, session) : null; // all it has is in the run by then
  const taughtFrom = await folderOfRun(options.teacher, session);
  const tokenizer = await runTokenizer(session, reporter, pretrained ?? taughtFrom);
  if (saved === null && pretrained === null) assertWeightsFit(options, tokenizer.vocabSize, compute.device);
  using made = new Disposables();
  made.use(await measuringProducts(compute, manifest.current.threads, saved && saved.state));
  const bins = made.use(await runBins(session, reporter, tokenizer));

  const teacher = taughtFrom === null ? null : made.use(await teacherOf(session, tokenizer, taughtFrom));
  manualSeed(options.seed);
  const learner = made.use(await makeLearner(session, tokenizer, { pretrained, begun: saved !== null, teacher }));
  const { model, stepper } = learner;
  const isOwn = ownTokenizer(options) || learner.keepsIds; // a model's ids mean the same with more tokens
  if (saved === null) {
    const stored = isOwn ? pretrained : null;
    await writeConfigs(folder.path, model, tokenizer, stored, await answerEnd(session, tokenizer));
  }
  const data = made.use(await openRunData(session, reporter, { bins, tokenizer, learner, teacher }));

  const course = courseOf(session, { ...data, vocabSize: model.vocabSize }, saved);
  const metrics = made.use(new MetricsFile(folder.metrics, metricsBytes(session, saved)));
  const sampler = made.use(await openSampler(session, { model, tokenizer }, saved?.state.samplesBytes ?? 0));
  if (saved !== null) restore(saved, { learner, loader: data.loader, course });
  await announceStart(session, reporter, { tokenizer, bins, learner, data, plan: course.plan });
  const events = writeEvents(session, reporter, {
    step: fromStep,
    tokens: course.progress.tokensSeen,
    metricsBytes: metrics.bytes,
    samplesBytes: sampler?.file.bytes ?? 0,
  });
  const how = { profiled: (context.profileSteps ?? 0) > 0, optimizer: options.optimizer };
  const recorder = made.use(stepRecorder(stepper, how, reporter));
  const earlier = saved?.state.elapsedMs ?? 0;
  const elapsedMs = () => earlier + performance.now() - began;
  return new LiveRun(
    { session, reporter, learner, data, course, metrics, sampler, events, recorder, elapsedMs },
    made.move(),
  );
}

/** The model that the run learns from, which is the same to its end. */
async function teacherOf({ manifest, compute }: Session, tokenizer: Tokenizer, dir: string): Promise<Teacher> {
  const before = manifest.current.teacher_sha256;
  const teacher = await openTeacher(dir, { tokenizer, device: compute.device, before });
  if (before === null) await manifest.update({ teacher_sha256: teacher.sha256 });
  return teacher;
}

/** The token that ends an answer in what the run learns; null of texts, and where its template does not say. */
async function answerEnd({ options, folder }: Session, tokenizer: Tokenizer): Promise<number | null> {
  const template = options.format === "text" ? null : await readChatTemplate(folder.path);
  return template === null ? null : new RenderedChat(template, tokenizer, false).endOfAnswer();
}

/** Size of the metrics that a checkpoint knows of, and of the test after it where the run has since got a new end. */
function metricsBytes({ manifest }: Session, saved: Saved | null): number {
  if (saved === null) return 0;
  const part = manifest.current.parts.find(({ until_step: step }) => step === saved.state.step);
  return part?.metrics_bytes ?? saved.state.metricsBytes;
}

const courseOf = (
  { options, manifest }: Session,
  { loader, vocabSize }: RunData & { readonly vocabSize: number },
  saved: Saved | null,
): Course => ({
  plan: stepPlanOf(
    options,
    loader.stepsPerEpoch,
    manifest.current.ends.map((end) => ({ afterStep: end.after_step, totalSteps: end.total_steps })),
  ),
  early: new EarlyStopping(options.earlyStoppingPatience),
  progress: progressOf(saved),
  watch: new LossWatch({ chance: chanceOf(options, vocabSize) }),
  trainedOnFrom: manifest.current.parts.at(-1)?.until_step ?? 0,
});
