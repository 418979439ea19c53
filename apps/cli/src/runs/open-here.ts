import type { OpenModel } from "@trainer/training";
import type { DeviceChoice, WeightChoice } from "@trainer/options";
import type { Invocation } from "../framework/define-command.js";
import { fetching } from "./fetching.js";
import { noteWeights } from "../flags/weights.js";

interface Opening {
  readonly device: DeviceChoice;
  readonly weights: WeightChoice;
  readonly promptCacheBytes?: number;
}

/** Opens a model of the home, fetched if it is not there, and notes the cost of smaller weights. */
export async function openHere(
  run: string,
  { device, weights, promptCacheBytes }: Opening,
  { home, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  signal?: AbortSignal,
): Promise<OpenModel> {
  const { openHome, openModel } = await import("@trainer/training");
  const opened = await openModel(run, {
    home: openHome(home),
    device,
    weightType: weights,
    ...(promptCacheBytes === undefined ? {} : { promptCacheBytes }),
    ...(await fetching({ home, io, out })),
    ...(signal === undefined ? {} : { signal }),
  });
  noteWeights(opened, out);
  return opened;
}
