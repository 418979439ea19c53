import { at } from "@trainer/disk";
import type { SystemInfo } from "@trainer/platform";
import { runSweep, sweepFields, type SweepRequest, type Trial } from "@trainer/training/files";
import { ProgressLine } from "../display/progress-line.js";
import { trainingOf, type TrainFlags } from "../flags/train-options.js";
import type { Invocation } from "../framework/define-command.js";
import { remoteText, sendText } from "../remote/corpus.js";
import { refuseHere, trainingRequest } from "../remote/train.js";
import type { Server } from "../services/server.js";
import { isOpen, remoteTrials } from "./remote-trials.js";
import { sweepReport, trialLine } from "./sweep-report.js";

/** A sweep as it was typed. */
export interface TypedSweep extends Pick<SweepRequest, "seconds" | "sweepId"> {
  /** Options of each trial, its own among them. */
  readonly trials: readonly { readonly settings: Trial["settings"]; readonly flags: TrainFlags }[];
  /** Trials at a time; null: as many as there are workers. */
  readonly atOnce: number | null;
}

/** A sweep whose trials a server trains: sends the text, and has the better ones trained on. */
export async function sweepRemote(
  server: Server,
  words: readonly string[],
  { trials, seconds, sweepId, atOnce: wanted }: TypedSweep,
  { home, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
): Promise<void> {
  const { client, flag } = server;
  for (const { flags } of trials) refuseHere(flags);
  const as = at(trials, 0).flags.corpusFormat;
  for (const { flags } of trials)
    trainingRequest(
      trainingOf({ corpus: [...words], corpusWeights: null, corpusFileId: null }, flags),
      at(words, 0),
      as,
    ); // before anything is sent
  const text = await remoteText(words, as);
  const progress = new ProgressLine(io, out);
  let kept: readonly Trial[] = [];
  await io
    .interruptible(async (signal) => {
      signal.addEventListener("abort", () => progress.clear());
      const { fileId } = await sendText(text, { home, io, out }, signal);
      const { places, hasGpu } = roomOf(await client.system({ signal }));
      const atOnce = wanted ?? places;
      out.note(`${trials.length} trials, ${atOnce} at a time ...`);
      const parts = new Map<string, number>();
      const trainer = remoteTrials(server, {
        text: { fileId, format: text.format },
        atOnce,
        hasGpu,
        signal,
        onStep(runId, part) {
          parts.set(runId, part);
          const all = [...parts.values()].reduce((sum, each) => sum + each, 0);
          progress.update(parts.size === 1 ? runId : `${parts.size} trials`, all / parts.size);
        },
      });
      const asked = trials.map(({ settings, flags }) => ({
        settings,
        input: trainingOf({ corpus: [], corpusWeights: null, corpusFileId: fileId }, flags),
      }));
      try {
        const swept = await runSweep({ trials: asked, seconds, sweepId }, trainer, {
          home,
          onBegin: (begun) => (kept = begun),
          onTrial(trial, { part }) {
            parts.delete(trial.runId);
            progress.clear();
            out.note(trialLine(trial, part));
          },
        });
        out.result(sweepFields(swept), () => sweepReport(swept, out, flag).join("\n"));
      } catch (error) {
        progress.clear();
        await tellLeft();
        throw error;
      }
    })
    .finally(() => progress.clear());

  /** Tells what goes on without the command. */
  async function tellLeft(): Promise<void> {
    const ids = kept.flatMap(({ remote_id: id }) => (id === undefined ? [] : [id]));
    const runs = await Promise.all(ids.map((id) => client.run(id).catch(() => null)));
    const open = runs.filter((run) => run !== null).filter(isOpen);
    if (open.length > 0) {
      out.warn(`On the server, and to its end there: ${open.map((run) => `${run.run_id} (${run.status})`).join(", ")}`);
      for (const { run_id: id } of open) out.warn(`To stop it: trainer cancel ${id}${flag}`);
    }
    if (ids.length > 0) out.warn("The same command goes on with the sweep.");
  }
}

/** Trainings that a server has room for, one at the least, and whether any of its workers has a GPU. */
export function roomOf({ workers }: Pick<SystemInfo, "workers">): { places: number; hasGpu: boolean } {
  const there = (workers ?? []).filter(({ alive }) => alive).map(({ presence }) => presence);
  const places = there.reduce((sum, presence) => sum + (presence?.trainings ?? 1), 0);
  const hasGpu = there.some((presence) => (presence?.engine?.gpus ?? []).length > 0);
  return { places: Math.max(1, places), hasGpu };
}
