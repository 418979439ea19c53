import { join } from "node:path";
import type { ResumeInput } from "@trainer/options";
import type { Tracker } from "@trainer/trackers";
import type { RunResult } from "@trainer/training";
import type { Invocation } from "../framework/define-command.js";
import { fetching } from "./fetching.js";
import { followRun, type RunHooks } from "../run-display/follow-run.js";
import { tracked } from "../trackers/tracked.js";
import { savedCurve } from "../run-display/saved-curve.js";

/** Resumes a run; its curve begins where the run began. */
export async function resumeRun(
  run: string,
  where: Pick<Invocation<unknown>, "home" | "flags" | "io" | "out">,
  {
    end,
    profileSteps = 0,
    tracker = null,
  }: { readonly end?: ResumeInput; readonly profileSteps?: number; readonly tracker?: Tracker | null } = {},
): Promise<RunResult> {
  const { openHome, readManifest, resolveRun, resume } = await import("@trainer/training");
  const { dir } = await resolveRun(run, openHome(where.home));
  const manifest = await readManifest(join(dir, "manifest.json"));
  const isEndGiven = Object.values(end ?? {}).some((given) => given !== null);
  if (manifest?.status === "completed" && !isEndGiven)
    where.out.warn(`${run} is completed already. To train it further: trainer resume ${run} --for 10m${where.flags}`);
  const losses = await savedCurve(join(dir, "metrics.jsonl"));
  const elsewhere = await fetching(where);
  const goOn = (hooks: RunHooks) => resume(run, { ...hooks, ...elsewhere, profileSteps }, end);
  return await followRun(where, (hooks) => tracked(tracker, where, hooks, goOn), { losses });
}
