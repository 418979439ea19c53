import { families } from "@trainer/models/capabilities";
import type { planFields } from "@trainer/training";
import type { TrainOptions } from "@trainer/training/options";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatShort, formatThreads } from "../display/quantity.js";
import { table } from "../display/table.js";

/** Figures of a plan, by the names that answers have. */
export interface PlanFigures extends Omit<ReturnType<typeof planFields>, "options" | "device" | "precision"> {
  readonly device: string;
  readonly precision: string;
}

/** Settings of a planned training that a report names. */
export type PlannedSettings = Pick<
  TrainOptions,
  "modelFamily" | "batchSize" | "gradAccumSteps" | "maxSeqLen" | "learningRate" | "lrSchedule" | "warmupSteps"
>;

/** A plan as a table, and the command that does it. */
export function planReport(plan: PlanFigures, settings: PlannedSettings, command: string): string[] {
  const { steps, passes, seconds, device, precision, threads } = plan;
  const { batchSize, gradAccumSteps, maxSeqLen, learningRate, lrSchedule, warmupSteps } = settings;
  const batches = gradAccumSteps === 1 ? "" : `${formatCount(gradAccumSteps)} × `;
  const tried = plan.tried.map((each) => [
    formatShort(each.parameters),
    formatShort(each.tokens_per_sec),
    each.bits_per_byte.toFixed(2),
  ]);
  return [
    ...table([
      ["model", modelOf(plan, settings)],
      ["tokenizer", `${formatCount(plan.vocab_size)} tokens`],
      [
        "training",
        `${formatCount(steps)} steps of ${batches}${batchSize} × ${maxSeqLen} tokens, ${timesOf(passes)} through the text`,
      ],
      ["rate", `${learningRate}, ${SCHEDULES[lrSchedule]}, after ${formatCount(warmupSteps)} steps of warm-up`],
      ["time", `about ${formatDuration(seconds)}`],
      ["memory", `about ${formatBytes(plan.memory_bytes)} of ${formatBytes(plan.available_bytes)}`],
      ["expected", `about ${bitsOf(plan)} (gzip -9: ${plan.gzip_bits_per_byte.toFixed(2)})`],
      ["overfits", `after about ${timesOf(plan.passes_until_overfit)} through the text`],
      ["on", device === "cpu" ? `${device}, ${precision}, ${formatThreads(threads)}` : `${device}, ${precision}`],
    ]),
    "",
    ...table([["parameters", "tokens/s", "bits per byte"], ...tried], [0, 1, 2]),
    "",
    ...notesOf(plan),
    `  ${command}`,
  ];
}

/** A plan in one line. */
export const planLine = (plan: PlanFigures, settings: PlannedSettings): string =>
  `${modelOf(plan, settings)}, ${formatCount(plan.steps)} steps, ${timesOf(plan.passes)} through the text, about ${bitsOf(plan)}`;

const SCHEDULES = {
  constant: "the same to the end",
  linear: "falling along a line",
  cosine: "falling along a cosine",
  wsd: "the same until a fall at the end",
} as const;

const bitsOf = ({ bits_per_byte: bits }: PlanFigures) => `${bits.toFixed(2)} bits per byte`;

const timesOf = (times: number): string => `${times < 10 ? times.toFixed(1) : formatCount(times)} times`;

const titles = new Map([...families()].map(([name, { title }]) => [name, title]));

/** A family of a server's plugin may have no title here. */
const modelOf = ({ parameters }: PlanFigures, { modelFamily }: PlannedSettings): string =>
  `${titles.get(modelFamily) ?? modelFamily} of ${formatShort(parameters)} parameters`;

function notesOf({ text_spent: isTextSpent, busy: isBusy }: PlanFigures): string[] {
  const notes = [
    ...(isTextSpent
      ? ["The training is shorter than the time: more of it would overfit. More text would help, more time would not."]
      : []),
    ...(isBusy ? ["Other programs kept the machine busy meanwhile: the time is that of the run alone."] : []),
  ];
  return notes.length === 0 ? [] : [...notes, ""];
}
