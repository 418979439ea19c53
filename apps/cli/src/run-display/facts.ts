import { formatBytes, formatCount, formatNumber, formatShort, formatThreads } from "../display/quantity.js";
import { lossText, pairText } from "../display/pair-figures.js";
import { formatDuration } from "../display/duration.js";
import { table } from "../display/table.js";
import { printable } from "../display/printable.js";
import { profileTable } from "./profile-table.js";
import type { RunEvent } from "@trainer/training";

/** An event that is worth a line of its own, as that line; null for those that only move a bar. */
export function lineOf(event: RunEvent): string | null {
  switch (event.type) {
    case "config": {
      const { runId, path, modelFamily, modelSize, device, precision, threads, fromStep } = event;
      const from = fromStep === 0 ? "" : `, going on from step ${formatCount(fromStep)}`;
      const machine = `${device}, ${precision}, ${formatThreads(threads)}`;
      return `run        ${runId}${from}\nfolder     ${path}\nmodel      ${modelFamily} ${modelSize} (${machine})`;
    }
    case "tokenizer":
      if (event.phase !== "ready" || event.vocabSize === null) return null;
      return `tokenizer  ${event.tokenizerId} (${formatCount(event.vocabSize)} tokens)`;
    case "data":
      return event.phase === "ready" ? dataLine(event) : null;
    case "batch":
      return `batch      ${formatCount(event.batchSize)} sequences, as many as fit into memory`;
    case "teacher": {
      const { bytes, keptBytes, bytesPerToken } = event;
      const there = keptBytes === 0 ? "" : `, of which ${formatBytes(keptBytes)} are there`;
      return `teacher    its answers are kept: ${formatCount(bytesPerToken)} bytes a token, up to ${formatBytes(bytes)}${there}`;
    }
    case "start": {
      const { parameters, trainableParameters: trained, totalSteps, epochs, stepsPerEpoch } = event;
      const part = trained === parameters ? "" : ` (${formatShort(trained)} trained)`;
      const once =
        event.sources === undefined ? "go through the text once" : "have as many tokens as the texts together";
      const plan = `${formatCount(totalSteps)} steps; ${formatCount(stepsPerEpoch)} ${once}`;
      const times = epochs > 1 ? `, ${epochs} times in all` : "";
      const lines = [`weights    ${formatShort(parameters)} parameters${part}`, `plan       ${plan}${times}`];
      return [...lines, ...sourceLines(event.sources)].join("\n");
    }
    case "step":
      return stepLine(event);
    case "eval":
      return evalLine(event);
    case "checkpoint": {
      const { step, bytes, seconds, best } = event;
      const what = best ? "best weights" : "checkpoint";
      return `${what} saved at step ${formatCount(step)}: ${formatBytes(bytes)} in ${formatDuration(seconds)}`;
    }
    case "sample":
      return sampleLine(event);
    case "evaluating":
      return null;
    case "profile":
      return profileTable(event.profile);
    case "warning":
      return `warning: ${event.message}`;
    case "completed":
    case "interrupted":
    case "failed":
      return null; // reported by the summary, or the error
  }
}

function dataLine({ counts, cached, specialTokens }: Extract<RunEvent, { phase: "ready"; cached: boolean }>): string {
  const parts = Object.entries(counts).map(([split, { tokens, share }]) => {
    const part = share === null || split === "train" ? "" : ` (${Number((100 * share).toPrecision(2))} % of the text)`;
    return `${split} ${formatShort(tokens)}${part}`;
  });
  const spelled = specialTokens === 0 ? "" : `; ${formatCount(specialTokens)} special tokens spelled in the text`;
  const tokens = `tokens     ${parts.join(", ")}${cached ? " (encoded before)" : ""}${spelled}`;
  return [tokens, ...conversationLines(counts)].join("\n");
}

/** A row for each text that is mixed. */
function sourceLines(sources: Extract<RunEvent, { type: "start" }>["sources"]): string[] {
  if (sources === undefined) return [];
  const rows = sources.map(({ source, weight, tokens, planned_epochs: epochs }) => [
    printable(source),
    weight,
    formatShort(tokens),
    epochs === null ? "by time" : formatNumber(epochs),
  ]);
  return table([["SOURCE", "WEIGHT", "TOKENS", "EPOCHS"], ...rows], [1, 2, 3]);
}

/** A line for each split of conversations. */
const conversationLines = (counts: Extract<RunEvent, { phase: "ready"; cached: boolean }>["counts"]): string[] =>
  Object.entries(counts).flatMap(([split, { documents, conversations }]) => {
    if (conversations === undefined) return [];
    const { turns, tokens, learnt } = conversations;
    const read = `${formatShort(tokens)} tokens, of which ${formatShort(learnt)} are learnt`;
    return [`answers    ${split} ${formatCount(documents)} conversations, ${formatCount(turns)} turns, ${read}`];
  });

function stepLine(event: Extract<RunEvent, { type: "step" }>): string {
  const { step, totalSteps, loss, ppl, lr, gradNorm, tokensPerSec, etaSeconds, figures } = event;
  return [
    `step ${formatCount(step)}/${formatCount(totalSteps)}`,
    `${percent(step, totalSteps)} %`,
    `loss ${formatNumber(loss)}`,
    ...(pairText(figures) ?? [`ppl ${formatNumber(ppl)}`]),
    `lr ${lr.toExponential(2)}`,
    `grad ${formatNumber(gradNorm)}`,
    `${formatShort(tokensPerSec)} tokens/s`,
    `${formatDuration(etaSeconds)} left`,
    ...skipped(event),
  ].join("  ");
}

function evalLine(event: Extract<RunEvent, { type: "eval" }>): string {
  const { split, step, weightsStep, loss, ppl, bitsPerByte, best, figures } = event;
  const told = lossText(loss, figures, [`ppl ${formatNumber(ppl)}`, bitsText(bitsPerByte)]);
  const note = best ? "  (best so far)" : "";
  const of = weightsStep === undefined ? "" : `, weights of step ${formatCount(weightsStep)}`;
  const each = event.sources?.map(({ source, loss }) => `${printable(source)} ${formatNumber(loss)}`) ?? [];
  const sources = each.length === 0 ? "" : `  (loss of ${each.join(", ")})`;
  return `${split} at step ${formatCount(step)}${of}: ${told}${sources}${note}`;
}

/** The first text, as one line of any length. */
function sampleLine({ step, samples: [first] }: Extract<RunEvent, { type: "sample" }>): string | null {
  if (first === undefined) return null;
  const text = printable(`${first.prompt}${first.output}`.replaceAll(/\s+/g, " "));
  return `sample at step ${formatCount(step)}: ${text}`;
}

/** Bits per byte of a held-out text; null of one that does not come back from its tokens. */
export const bitsText = (bits: number | null): string =>
  bits === null ? "no bits per byte: its tokens lose text" : `${formatNumber(bits)} bits per byte`;

/** Number of steps that fp16 skipped so far; empty for none. */
export const skipped = ({ skippedSteps = 0 }: { readonly skippedSteps?: number | undefined }): string[] =>
  skippedSteps === 0 ? [] : [`${formatCount(skippedSteps)} skipped`];

/** Whole percent, 100 only at the end. */
export const percent = (done: number, total: number): number => (total === 0 ? 100 : Math.floor((100 * done) / total));
