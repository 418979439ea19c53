import { at } from "@trainer/disk";
import type { CorpusFormat } from "@trainer/options";
import { TrainRequest, type RunStatus } from "@trainer/platform";
import { OF_SETTINGS, type Kept, type Trial, type TrialPoint, type TrialTrainer } from "@trainer/training/files";
import type { TrainOptions } from "@trainer/training/options";
import { z } from "zod";
import { runFailure } from "../remote/outcome.js";
import { finished } from "../remote/request.js";
import { trainingRequest } from "../remote/train.js";
import { knownTo } from "../services/known-to.js";
import type { Server } from "../services/server.js";

export interface RemoteTrialsOptions {
  /** The text of all of them, in the file service. */
  readonly text: { readonly fileId: string; readonly format: CorpusFormat };
  readonly atOnce: number;
  /** True if the server's workers train on a GPU where nobody says otherwise. */
  readonly hasGpu: boolean;
  readonly signal: AbortSignal;
  /** Called with the part of its way to the next rung that a trial has come. */
  readonly onStep: (runId: string, part: number) => void;
}

/** The words by which clients know a run that was stopped. */
const CANCELLED = "Training cancelled";

/**
 * Trains the trials of a sweep on a server: each is sent with the steps to its first rung, and trained on to those after
 * it. So nothing goes on there for which nobody has asked, whatever becomes of who asked.
 */
export function remoteTrials(
  { client, url, flag }: Server,
  { text, atOnce, hasGpu, signal, onStep }: RemoteTrialsOptions,
): TrialTrainer {
  const requestFor = (options: TrainOptions) =>
    trainingRequest({ ...options, keepFiles: true }, text.fileId, text.format); // each may have to be trained on

  return {
    place: url,
    atOnce,
    async estimate(options) {
      const told = async () => finished(await client.estimate(requestFor(options), { signal }));
      const first = await told();
      if (first.tokens !== null) return first;
      // An estimate leaves a text where it is; a plan, whatever it comes to, has it fetched first.
      await client.plan({ corpus_file_id: text.fileId, corpus_format: text.format, seconds: 1 }, { signal });
      return await told();
    },
    deviceOf: ({ device }) => (device === "auto" ? (hasGpu ? "cuda" : "cpu") : device),
    configOf(options, first) {
      const { user_id: _mine, ...request } = requestFor({ ...options, maxSteps: first });
      return request;
    },
    trainTo,
    validationsOf: async ({ remote_id: id }) => (id === undefined ? [] : await validationsOf(id)),
  };

  async function trainTo(trial: Trial, rung: number, kept: Kept): Promise<string | null> {
    const step = at(trial.rungs, rung);
    const id = trial.remote_id ?? (await send(trial, kept));
    const isThere = async () => (await validationsOf(id)).some((point) => point.step === step);
    const found = await knownTo(client.run(id, { signal }));
    if (found === null) return "its run is not on the server any more";
    const before = await ended(found, step);
    if (await isThere()) return null;
    if (isOpen(found) && before.error !== null) return await failureOf(before, step); // as it was watched
    await trainOn(before, step);
    const after = await ended(await client.run(id, { signal }), step);
    return (await isThere()) ? null : await failureOf(after, step);
  }

  async function send(trial: Trial, { nonce, sent }: Kept): Promise<string> {
    const request = TrainRequest.parse(trial.config);
    const { run_id: id } = await client.train(request, { signal, idempotencyKey: `${nonce}-${trial.run_id}` });
    await sent(trial, id);
    return id;
  }

  /** Has a run that has ended go on to a step, from where it is: one that has failed has this end maybe already. */
  async function trainOn({ run_id: id, training }: RunStatus, step: number): Promise<void> {
    try {
      await client.resume(id, training === null ? {} : { max_steps: step }, { signal });
    } catch (error) {
      if (!isOpen(await client.run(id, { signal }))) throw error; // else somebody else was quicker
    }
  }

  /** Follows a run to its end. */
  async function ended(run: RunStatus, step: number): Promise<RunStatus> {
    if (!isOpen(run)) return run;
    const { run_id: id } = run;
    try {
      for await (const row of client.followMetrics(id, { signal })) onStep(id, Math.min(1, row.step / step));
    } catch {
      signal.throwIfAborted(); // else its progress alone is lost
    }
    return await client.waitForRun(id, { signal });
  }

  async function validationsOf(id: string): Promise<TrialPoint[]> {
    const history = await knownTo(client.metrics(id, { points: 2, signal }));
    if (history === null) return [];
    return history.evaluations.flatMap(({ split, step, tokens, loss, bits_per_byte: bitsPerByte }) =>
      split === "validation" && loss !== null ? [{ step, tokens, loss, bitsPerByte }] : [],
    );
  }

  /** Why a trial failed by its own settings, or was stopped. @throws RunFailed for any other failure */
  async function failureOf(status: RunStatus, step: number): Promise<string> {
    const { run_id: id, error } = status;
    if (error === CANCELLED) return CANCELLED;
    if (error === null)
      throw new Error(`run ${id} has ended without a validation after step ${step}: begin another sweep`);
    const { error_code: code } = Failed.parse(await knownTo(client.manifest(id, { signal })));
    if (OF_SETTINGS.has(code)) return error;
    throw runFailure(status, flag);
  }
}

/** True for a run that has not ended. */
export const isOpen = ({ status }: Pick<RunStatus, "status">): boolean => status === "queued" || status === "running";

const NONE = "";
const Failed = z.object({ error_code: z.string().catch(NONE) }).catch({ error_code: NONE });
