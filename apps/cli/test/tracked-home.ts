import { join } from "node:path";
import { loggedLosses } from "@trainer/testing";
import { homeWithRun } from "./trained.js";

/** A home in which one run, "one", was trained without a tracker, and what runs have logged there. */
export async function trackedHome() {
  const at = await homeWithRun(["--log-every", "2"]);
  const runOf = (id: string) => join(at.home, "models", id);
  const metricsOf = (id: string) => join(runOf(id), "metrics.jsonl");
  const logged = (id: string) => loggedLosses(metricsOf(id));
  const lossesOf = (id: string) => logged(id).map(({ step, loss }) => [step, loss]);
  return { ...at, runOf, metricsOf, logged, lossesOf };
}
