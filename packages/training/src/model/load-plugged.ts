import { loadFamily } from "@trainer/models";
import { loadOptimizer } from "@trainer/torch";
import type { TrainOptions } from "../options/options.js";

/** Loads the code of what a run names and plugins bring: until then it is known by its name alone. */
export async function loadPlugged(options: Pick<TrainOptions, "modelFamily" | "optimizer">): Promise<void> {
  await loadFamily(options.modelFamily);
  await loadOptimizer(options.optimizer);
}
