import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ListedRun } from "@trainer/platform/browser";
import { cancelRun, removeRun, resumeRun } from "../../api/run.js";
import { sentenceOf } from "../../parts/states.js";

const actions = {
  stop: { act: cancelRun, done: "asked to stop after the step that they are at" },
  resume: { act: resumeRun, done: "queued to go on" },
  remove: { act: removeRun, done: "deleted" },
} as const;
export type Action = keyof typeof actions;

interface Outcome {
  /** A sentence about those with which it went well; "" for none. */
  readonly done: string;
  /** A line for each with which it did not. */
  readonly refused: readonly string[];
}

/** Does something with runs, one after the other: one that refuses does not keep it from the others. */
export function useActions(onDone: (action: Action, runIds: readonly string[]) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({
      action,
      runs,
    }: {
      readonly action: Action;
      readonly runs: readonly ListedRun[];
    }): Promise<Outcome> => {
      const done: string[] = [];
      const refused: string[] = [];
      for (const { run_id } of runs) {
        const refusal = await actions[action].act(run_id).then(() => null, sentenceOf);
        if (refusal === null) done.push(run_id);
        else refused.push(`${run_id}: ${refusal}`);
      }
      onDone(action, done);
      await queryClient.invalidateQueries({ queryKey: ["runs"] });
      return { done: sentence(action, done.length), refused };
    },
  });
}

const sentence = (action: Action, n: number): string =>
  n === 0
    ? ""
    : `${n} ${n === 1 ? "run" : "runs"} ${actions[action].done.replace("they are", n === 1 ? "it is" : "they are")}.`;
