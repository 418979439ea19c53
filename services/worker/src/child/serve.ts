import { background } from "@trainer/platform";
import { setNumThreads } from "@trainer/torch";
import { loadPlugins } from "@trainer/training/plugins";
import type { ChildConfig } from "../config.js";
import { AnswerJobs } from "./serve-requests.js";
import { engineHere } from "./engine-here.js";
import { failureOf } from "./failure-of.js";
import { Inbox, type Message } from "./inbox.js";
import { shownPaths } from "../shown-paths.js";
import type { FromChild } from "./messages.js";
import { tokenizerJob } from "./tokenizer-job.js";
import { trainJob } from "./train-job.js";

/** A process's end of the line to its parent. */
export interface Line {
  on(event: "message", listener: (message: unknown) => void): unknown;
  send?(message: FromChild): unknown;
}

/** A job's channel to its parent. */
export interface Channel {
  readonly say: (message: FromChild) => void;
  readonly inbox: Inbox;
}

/**
 * Serves the parent's messages: one training, one tokenizer, or requests for as long as they come. It ends with the
 * parent, or when that disconnects.
 */
export async function serve(line: Line, dieWithParent: (pid: number) => void): Promise<void> {
  const inbox = new Inbox();
  line.on("message", inbox.put);
  const channel: Channel = { inbox, say: (message) => void line.send?.(message) };
  const { config, parent, tellEngine } = await inbox.next("configure");
  dieWithParent(parent);
  if (config.threads > 0) setNumThreads(config.threads);
  await loadPlugins(config.plugins, [".", config.artifactsRoot]);
  channel.say({ type: "ready" });
  if (tellEngine) channel.say({ type: "engine", engine: engineHere() });
  const first = await inbox.next("train", "tokenizer", "ask");
  if (first.type === "ask") await answers(first, config, channel);
  else await work(first, config, channel);
}

async function work(message: Message<"train" | "tokenizer">, config: ChildConfig, channel: Channel): Promise<void> {
  try {
    await (message.type === "train" ? trainJob(message, config, channel) : tokenizerJob(message, config, channel));
  } catch (error) {
    const stopped = channel.inbox.signal.aborted;
    channel.say(stopped ? { type: "stopped" } : { type: "failed", failure: failureOf(error, shownPaths(config)) });
  }
}

async function answers(first: Message<"ask">, config: ChildConfig, channel: Channel): Promise<void> {
  const jobs = new AnswerJobs(config, channel);
  const close = () => background(jobs.close(), () => channel.say({ type: "stopped" }));
  channel.inbox.signal.addEventListener("abort", close, { once: true });
  background(cancelled(jobs, channel), () => {});
  for (let message = first; ; message = await channel.inbox.next("ask")) {
    background(jobs.ask(message), () => {}); // it fails where there is no parent to receive it
  }
}

async function cancelled(jobs: AnswerJobs, { inbox }: Channel): Promise<void> {
  for (;;) jobs.cancel((await inbox.next("cancel")).id);
}
