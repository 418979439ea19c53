import { setTimeout } from "node:timers/promises";
import { progressOf, resumeInput, type RunProgress } from "@trainer/platform";
import {
  cleanRun,
  hasBegun,
  readManifest,
  resume,
  runFolder,
  sendArtifact,
  train,
  TrainingError,
  type LogRecord,
  type RunContext,
  type RunManifest,
} from "@trainer/training";
import { isHeld } from "@trainer/training/files";
import type { ChildConfig } from "../config.js";
import type { Message } from "./inbox.js";
import type { FromChild, Trained } from "./messages.js";
import { ProgressReporter } from "./progress-reporter.js";
import { RunStages } from "./run-stages.js";
import type { Channel } from "./serve.js";
import { Stages } from "./stages.js";
import { TrackedTraining } from "./tracked-training.js";
import { childContext, type ChildContext } from "./child-context.js";
import { requestCorpus } from "./request-corpus.js";
import { trainOptions } from "./train-options.js";

/**
 * Completes a run from any state: not begun, interrupted, trained and not sent, or to be trained on. Work of an earlier
 * process is not repeated. Between its stages it waits for its parent's go-ahead.
 */
export async function trainJob(message: Message<"train">, config: ChildConfig, channel: Channel): Promise<void> {
  const { say, inbox } = channel;
  const { signal } = inbox;
  const { runId } = message;
  const about = childContext(config);
  const stages = new Stages(say);
  const folder = runFolder(config.artifactsRoot, runId);
  const before = await manifestOf(runId, about);
  const tracking = new TrackedTraining(runId, config.artifactsRoot, config.trackers, say);
  const begin = { ...channel, about, tracking, begun: before !== null };
  const isOver = before?.status === "completed" && (message.end === undefined || before.end_id === message.end.id);
  let trained = isOver ? trainedOf(before, folder.path, message.lastReported) : null;
  try {
    if (trained === null) {
      trained = await trainedNow(message, config, begin);
    } else {
      tracking.takeUp();
      if (await hasBegun(folder)) await resume(runId, contextOf(message, config, begin)); // it may lack its evaluation
    }
  } catch (error) {
    await tracking.finish("cut");
    throw error;
  }
  if (trained === null) {
    await tracking.finish("cut");
    return say({ type: "stopped" });
  }
  say({ type: "trained" });
  const tracked = tracking.finish("trained"); // its files may go when they are sent
  await inbox.next("send");
  const { fileId, bytes } = await stages.time(
    "upload",
    () => sent(runId, about, signal),
    ({ bytes }) => ({ bytes }),
  );
  say({ type: "sent", trained, fileId, bytes });
  await inbox.next("clean");
  await tracked;
  if (!message.request.keep_files)
    await stages.time("clean", () => cleanRun(about.home, runId, config.cleanup, { signal }));
  say({ type: "done" });
}

interface Begin extends Channel {
  readonly about: ChildContext;
  readonly tracking: TrackedTraining;
  readonly begun: boolean;
}

/** Null for a run that was stopped. */
async function trainedNow(message: Message<"train">, config: ChildConfig, begin: Begin): Promise<Trained | null> {
  const { runId, userId, request, end } = message;
  const context = contextOf(message, config, begin);
  const corpus = await requestCorpus(request, begin.about.texts);
  const options = trainOptions(request, { runId, userId, corpus, threads: config.threads });
  await lockFree(runFolder(config.artifactsRoot, runId).lock, context);
  if (end !== undefined && !(await hasBegun(runFolder(config.artifactsRoot, runId)))) throw elsewhere(runId);
  const result = begin.begun
    ? await resume(runId, context, end && resumeInput(end), end?.id)
    : await train(options, context);
  const { testLoss, trainLoss, path: folder } = result;
  return result.status === "interrupted" ? null : { testLoss, trainLoss, path: folder, progress: null };
}

const elsewhere = (runId: string) =>
  new TrainingError(
    "INVALID_INPUT",
    `run ${runId} cannot be trained on: nothing of it is in this worker's home, as it never began, was cleaned away or was trained in another home; a new run that names it as pretrained_run_id trains on from its weights`,
  );

function contextOf(
  { runId, fence, lastReported, archives }: Message<"train">,
  config: ChildConfig,
  { about, tracking, say, inbox }: Begin,
): RunContext {
  const reporter = new ProgressReporter(lastReported, (update) => say({ type: "update", update }));
  const stages = new RunStages(say);
  return {
    home: config.artifactsRoot,
    dataRoot: config.dataRoot,
    dataBank: about.dataBank,
    archives,
    signal: inbox.signal,
    fence,
    onEvent(event) {
      reporter.event(event);
      stages.event(event);
      tracking.event(event);
    },
    onLog: (record) => say(logOf(runId, record)),
    onStep(done) {
      reporter.step(done);
      stages.step(done);
    },
  };
}

/** The manifest of a run that has begun, or whose folder went when it was safe; else null. */
async function manifestOf(runId: string, { home }: ChildContext): Promise<RunManifest | null> {
  const folder = runFolder(home.root, runId);
  if (await hasBegun(folder)) return await readManifest(folder.manifest);
  return await readManifest(`${home.archived}/${runId}.json`);
}

async function sent(runId: string, { home, dataBank }: ChildContext, signal: AbortSignal) {
  if (dataBank === undefined) {
    const message = `run ${runId} is trained, but there is no file service to keep it: set APP__DATA_BANK_API_URL`;
    throw new TrainingError("ARTIFACT_UPLOAD_FAILED", message);
  }
  const { fileId, bytes } = await sendArtifact(runId, { home, dataBank, signal });
  return { fileId, bytes: bytes ?? 0 };
}

const LOCK_MS = 30_000;
const LOOK_MS = 200;

/** Waits while the process before this one still holds the run: it is being stopped, or dies with its parent. */
async function lockFree(path: string, { fence, signal }: RunContext): Promise<void> {
  for (let waited = 0; isHeld(path, fence) && waited < LOCK_MS; waited += LOOK_MS) {
    await setTimeout(LOOK_MS, undefined, { signal });
  }
}

function trainedOf(manifest: RunManifest, path: string, lastReported: RunProgress | null): Trained {
  const { test_loss: testLoss, loss: trainLoss } = manifest;
  return { testLoss, trainLoss, path, progress: progressOf(manifest, lastReported) };
}

const LEVELS = { INFO: "info", WARNING: "warn", ERROR: "error" } as const;

/** A record of a run's log as one of the worker's. Steps are many: they are of use to who looks for something alone. */
function logOf(runId: string, { level, message, fields }: LogRecord): FromChild {
  const isStep = fields.event === "run_step";
  return { type: "log", level: isStep ? "debug" : LEVELS[level], message, fields: { run_id: runId, ...fields } };
}
