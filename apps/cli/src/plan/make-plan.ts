import type { FetchContext, Plan, TrainInput } from "@trainer/training";
import type { Invocation } from "../framework/define-command.js";
import { givenOptions } from "./given-options.js";

/** Limits of a plan, and the terminal that shows its progress. */
export interface Wanted extends Pick<Invocation<unknown>, "home" | "io" | "out" | "given"> {
  readonly seconds: number;
  readonly memoryBytes?: number | undefined;
  /** Where a text comes from that is not here. */
  readonly elsewhere: Pick<FetchContext, "dataBank" | "onFetch">;
}

/** Plans a training on this machine; what was typed stays as it is. */
export async function makePlan(input: TrainInput, wanted: Wanted): Promise<Plan> {
  const { home, io, out, given, seconds, memoryBytes, elsewhere } = wanted;
  const { planTraining } = await import("@trainer/training");
  out.note("planning: a few steps are measured ...");
  return await io.interruptible((signal) =>
    planTraining(input, { home, ...elsewhere, signal, seconds, memoryBytes, given: givenOptions(given) }),
  );
}
