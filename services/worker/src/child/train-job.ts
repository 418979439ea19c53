import { hasBegun, readManifest, resume, runFolder, train, type RunContext, type RunManifest } from "@trainer/training";
import type { ChildConfig } from "../config.js";
import type { Message } from "./inbox.js";
import type { Trained } from "./messages.js";
import { RunTeller } from "./run-teller.js";
import type { Channel } from "./serve.js";
import { Storage } from "./storage.js";
import { trainOptions } from "./train-options.js";

type TrainMessage = Message<"train">;

/**
 * Brings a run to its end from wherever it is: not begun, begun and left, trained and not sent off. What it has done in
 * an earlier process is not done again. Between its stages it waits for its parent, who says whether to go on.
 */
export async function trainJob(message: TrainMessage, config: ChildConfig, channel: Channel): Promise<void> {
  const { say, inbox } = channel;
  const { signal } = inbox;
  const storage = new Storage(config);
  const folder = runFolder(config.artifactsRoot, message.runId);
  const begun = await hasBegun(folder);
  const before = begun ? await readManifest(folder.manifest) : null;
  let trained = before?.status === "completed" ? trainedOf(before, folder.path) : null;
  if (trained === null) {
    const teller = new RunTeller(message.told, (told) => say({ type: "told", told }));
    const { turn } = message;
    const context = { home: config.artifactsRoot, signal, turn, onEvent: teller.event, onStep: teller.step };
    trained = await trainedNow(message, { config, storage, context, begun: before !== null });
    if (trained === null) return say({ type: "stopped" });
  }
  say({ type: "trained", result: trained });
  await inbox.next("send");
  say({ type: "sent", ...(await storage.send(message.runId, signal)) });
  await inbox.next("clean");
  await storage.clean(message.runId);
  say({ type: "done" });
}

interface Begin {
  readonly config: ChildConfig;
  readonly storage: Storage;
  readonly context: RunContext & { readonly signal: AbortSignal };
  readonly begun: boolean;
}

/** Null for a run that was stopped. */
async function trainedNow({ runId, userId, request }: TrainMessage, begin: Begin): Promise<Trained | null> {
  const { config, storage, context, begun } = begin;
  const corpus = await storage.corpus(request, context.signal); // a resumed run reads it too
  const options = trainOptions(request, { runId, userId, corpus, threads: config.threads });
  const result = begun ? await resume(runId, context) : await train(options, context);
  const { testLoss, trainLoss, path } = result;
  return result.status === "interrupted" ? null : { testLoss, trainLoss, path };
}

const trainedOf = ({ test_loss: testLoss, loss: trainLoss }: RunManifest, path: string): Trained => ({
  testLoss,
  trainLoss,
  path,
});
