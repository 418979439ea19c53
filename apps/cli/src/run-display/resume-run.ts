import { join } from "node:path";
import type { Invocation } from "../define-command.js";
import { followRun } from "./follow-run.js";
import { savedCurve } from "./saved-curve.js";

/** Goes on with a run, its curve beginning where it began. */
export async function resumeRun(
  run: string,
  where: Pick<Invocation<unknown>, "home" | "io" | "out">,
  profileSteps = 0,
): Promise<void> {
  const { openHome, resolveRun, resume } = await import("@trainer/training");
  const { dir } = await resolveRun(run, openHome(where.home));
  const losses = await savedCurve(join(dir, "metrics.jsonl"));
  await followRun(where, (hooks) => resume(run, { ...hooks, profileSteps }), { losses });
}
