import { estimateFields, estimateTraining, type Estimate, type FetchContext, type TrainInput } from "@trainer/training";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatThreads } from "../display/quantity.js";
import { table } from "../display/table.js";
import type { Invocation } from "../framework/define-command.js";

/** Tells what a training would be, and begins none. */
export async function tellEstimate(
  input: TrainInput,
  { home, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  elsewhere: Pick<FetchContext, "dataBank" | "onFetch">,
): Promise<void> {
  out.note("measuring size, memory and time ...");
  const estimate = await io.interruptible((signal) => estimateTraining(input, { home, ...elsewhere, signal }));
  out.result(estimateFields(estimate), () => report(estimate).join("\n"));
  if (estimate.memoryBytes !== null && estimate.memoryBytes > estimate.availableBytes)
    out.warn(
      "This needs more memory than there is. A smaller batch, shorter sequences or a smaller model need less; `trainer find-batch` looks for the largest batch that fits.",
    );
}

export function report(estimate: Estimate): string[] {
  const { parameters, trainableParameters: trained, tokens, steps, memoryBytes, seconds, device, precision } = estimate;
  const about = estimate.isSampled ? "about " : "";
  const known = <T>(value: T | null, text: (value: T) => string) => (value === null ? "not known yet" : text(value));
  const adapter = trained === null || trained === parameters ? "" : `, of which ${formatCount(trained)} are trained`;
  return [
    ...table([
      ["parameters", known(parameters, (value) => `${formatCount(value)}${adapter}`)],
      ["tokens", known(tokens, (value) => `${about}${formatCount(value)} in the text that is trained on`)],
      ["steps", known(steps, (value) => `${about}${formatCount(value)}`)],
      [
        "memory",
        known(memoryBytes, (value) => `about ${formatBytes(value)} of ${formatBytes(estimate.availableBytes)}`),
      ],
      ["time", known(seconds, (value) => `about ${formatDuration(value)}`)],
      [
        "on",
        device === "cpu" ? `${device}, ${precision}, ${formatThreads(estimate.threads)}` : `${device}, ${precision}`,
      ],
    ]),
    ...notesOf(estimate),
  ];
}

function notesOf({ reasons, seconds, isBusy }: Estimate): string[] {
  const why = [...new Set(Object.values(reasons))].map((reason) => `Not known yet: ${reason}.`);
  const busy = isBusy ? ["Other programs kept the machine busy meanwhile: the time is that of the run alone."] : [];
  const notes = [...why, ...(seconds === null ? [] : [...busy, "A run that learns nothing more ends sooner."])];
  return notes.length === 0 ? [] : ["", ...notes];
}
