import { join } from "node:path";
import type { RunResult } from "@trainer/training";
import type { Invocation } from "../define-command.js";
import { fetching } from "../fetching.js";
import { followRun } from "./follow-run.js";
import { savedCurve } from "./saved-curve.js";

/** Goes on with a run, its curve beginning where it began. */
export async function resumeRun(
  run: string,
  where: Pick<Invocation<unknown>, "home" | "io" | "out">,
  profileSteps = 0,
): Promise<RunResult> {
  const { openHome, resolveRun, resume } = await import("@trainer/training");
  const { dir } = await resolveRun(run, openHome(where.home));
  const losses = await savedCurve(join(dir, "metrics.jsonl"));
  const elsewhere = await fetching(where);
  return await followRun(where, (hooks) => resume(run, { ...hooks, ...elsewhere, profileSteps }), { losses });
}
