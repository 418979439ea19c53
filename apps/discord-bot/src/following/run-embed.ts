import type { APIEmbed, APIEmbedField } from "discord.js";
import { COLOR } from "../commands/command.js";
import { fenced, fit, LIMIT, plain, ticked } from "../text/fit.js";
import { bar, bytes, decimal, duration, relative } from "../text/quantity.js";
import { redact } from "../text/redact.js";
import { advice } from "./advice.js";
import type { RunState } from "./run-state.js";

const SHOWN = {
  queued: ["Queued", COLOR.working],
  starting: ["Starting", COLOR.working],
  training: ["Training", COLOR.working],
  completed: ["Completed", COLOR.completed],
  failed: ["Failed", COLOR.failed],
  ended: ["Failed", COLOR.failed],
  canceled: ["Canceled", COLOR.canceled],
} as const;

/** The message about a run. Every field is within Discord's limits, whatever the run reports. */
export function runEmbed(state: RunState, image: string | null = null): APIEmbed {
  const [word, color] = SHOWN[state.end ?? state.phase];
  const { family = "unknown", size = "unknown", queue = "training" } = state.config ?? {};
  return {
    title: `Training ${word}`,
    color,
    description: `Training **${plain(fit(family, 100))} ${plain(fit(size, 100))}**\nQueue: ${ticked(fit(queue, 100))}`,
    fields: [
      configuration(state),
      ...resources(state),
      ...progress(state),
      ...summary(state),
      ...results(state),
      ...failure(state),
    ],
    footer: { text: fit(`Request ID: ${state.runId}`, LIMIT.footer) },
    ...(image === null ? {} : { image: { url: image } }),
  };
}

const known = <T>(value: T | null | undefined, line: (value: T) => string): string[] =>
  value === null || value === undefined ? [] : [line(value)];

const field = (name: string, lines: readonly string[], inline = false): APIEmbedField => ({
  name,
  value: fit(lines.join("\n"), LIMIT.fieldValue),
  inline,
});

function configuration({ config, progress }: RunState): APIEmbedField {
  const epochs = config?.totalEpochs ?? progress?.totalEpochs;
  const lines = [
    `Family: ${plain(config?.family ?? "unknown")}`,
    `Size: ${plain(config?.size ?? "unknown")}`,
    ...known(epochs, (count) => `Epochs: ${count}`),
    ...known(config?.batchSize, (size) => `Batch Size: ${size}`),
    ...known(config?.learningRate, (rate) => `Learning Rate: ${rate}`),
  ];
  return field("Configuration", lines, true);
}

function resources({ config }: RunState): APIEmbedField[] {
  const lines = [
    ...known(config?.cpuCores, (count) => `CPU Cores: ${count}`),
    ...known(config?.memoryMb, (mb) => `Memory: ${mb} MB`),
    ...known(config?.threads, (count) => `Threads: ${count}`),
    ...known(config?.workers, (count) => `Workers: ${count}`),
  ];
  return lines.length === 0 ? [] : [field("Resources", lines, true)];
}

function progress({ progress, end }: RunState): APIEmbedField[] {
  if (progress === null) return [];
  const { epoch, totalEpochs, step, totalSteps, valLoss, valPpl } = progress;
  const done = end === "completed" ? 1 : fraction(epoch / totalEpochs, totalSteps === null ? null : step / totalSteps);
  const lines = [
    `Epoch ${Math.min(epoch + 1, totalEpochs)}/${totalEpochs} (${Math.floor(done * 100)}%)`,
    ticked(bar(done)),
    `Step: ${step}${totalSteps === null ? "" : `/${totalSteps}`}`,
    ...known(progress.samplesPerSec, (speed) => `Speed: ${decimal(speed, 1)} samples/sec`),
    ...known(progress.trainLoss, (loss) => `Train Loss: ${decimal(loss, 4)}`),
    ...known(progress.trainPpl, (ppl) => `Train PPL: ${decimal(ppl, 2)}`),
    ...known(progress.gradNorm, (norm) => `Grad Norm: ${decimal(norm, 4)}`),
    ...(valLoss === null || valPpl === null
      ? []
      : [`Val Loss: ${decimal(valLoss, 4)}`, `Val PPL: ${decimal(valPpl, 2)}`]),
    ...(end === null ? known(progress.etaSeconds, (seconds) => `ETA: ${duration(seconds)}`) : []),
  ];
  return [field("Progress", lines)];
}

/** Completed fraction: by steps where their number is known, else by epochs. */
function fraction(ofEpochs: number, ofSteps: number | null): number {
  const share = ofSteps ?? ofEpochs;
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

function summary({ summary, end }: RunState): APIEmbedField[] {
  if (summary === null || end !== null) return [];
  return [field("Summary", [`${summary.text} · ${relative(summary.at)}`])];
}

function results({ results, archive, end, sample }: RunState): APIEmbedField[] {
  if (end !== "completed") return [];
  const lines = [
    ...known(results?.testLoss, (loss) => `Test Loss: ${decimal(loss, 4)}`),
    ...known(results?.testPpl, (ppl) => `Test PPL: ${decimal(ppl, 2)}`),
    ...known(
      archive,
      ({ fileId, bytes: size }) => `Artifact: ${ticked(fileId)}${size === null ? "" : ` (${bytes(size)})`}`,
    ),
  ];
  return [
    field("Results", lines.length === 0 ? ["Completed; nothing was measured."] : lines),
    ...known(sample, (text) => text).map((text) => ({ name: "Sample", value: fenced(text, LIMIT.fieldValue) })),
  ];
}

function failure({ failure, end }: RunState): APIEmbedField[] {
  if (failure === null || end === null) return [];
  if (end === "canceled") return [field("Canceled", ["It was stopped as asked; what it had learned by then is kept."])];
  const message = redact(failure.message);
  const next = field("Next Steps", [advice(failure.kind, failure.message)]);
  if (failure.kind === "user") return [field("Configuration Issue", [plain(message) || "no reason was given"]), next];
  return [{ name: "System Error", value: fenced(message, LIMIT.fieldValue) }, next];
}
