import type { Command } from "commander";
import type { RunManifest, RunSummary } from "@trainer/training";
import { z } from "zod";
import { word } from "../../framework/arguments.js";
import { defineCommand, RUN } from "../../framework/define-command.js";
import { formatDuration } from "../../display/duration.js";
import { lossText } from "../../display/pair-figures.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../../display/quantity.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { lossCurve } from "../../run-display/live-lines.js";
import { savedCurve } from "../../run-display/saved-curve.js";
import { runJson } from "./list.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "One run: what was asked, how it went, its loss curve.",
    args: { run: word(RUN) },
    options: z.strictObject({}),
    examples: { "trainer runs show RUN": "the main things", "trainer runs show RUN --json": "the whole manifest" },
    async runOn(server, invocation) {
      const { showRemote } = await import("../../remote/runs.js");
      await showRemote(server, invocation.args.run, invocation);
    },
    async run({ args: { run: ref }, home, out }) {
      const { findRecord, openHome, summarizeRun } = await import("@trainer/training/files");
      const { id, metrics } = await findRecord(ref, openHome(home));
      if (id === null) throw new UsageError(`${ref} is a folder outside ${home}; only the runs of a home can be shown`);
      const run = await summarizeRun(openHome(home), id);
      const losses = await savedCurve(metrics);
      const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
      out.result({ ...runJson(run), manifest: run.manifest }, () =>
        [...heading(run), ...(run.manifest === null ? [] : facts(run.manifest)), ...lossCurve(losses, view)].join("\n"),
      );
    },
  });
}

const heading = ({ id, status, archived, problem, manifest, dir, bytes }: RunSummary) => [
  `run         ${id}`,
  `status      ${status}${problem === null ? "" : `: ${problem}`}`,
  archived ? `archived    as file ${manifest?.artifact_file_id ?? "?"}` : `folder      ${dir} (${formatBytes(bytes)})`,
];

/** Per byte of the test; of text that does not come back from its tokens, how much that is. */
function testBits({ test_bits_per_byte: bits, splits }: RunManifest): string {
  const { lost_bytes: lost = null, bytes = 0 } = splits?.test ?? {};
  if (bits !== null || lost === null || lost === 0) return `${formatNumber(bits)} bits per byte`;
  return `no bits per byte: ${((100 * lost) / bytes).toPrecision(2)} % of the text does not come back from its tokens`;
}

function facts(manifest: RunManifest): string[] {
  const { model_family: family, model_size: size, parameters, vocab_size: vocab, tokenizer_id: tokenizer } = manifest;
  const { steps, total_steps: total, tokens_seen: tokens, duration_seconds: seconds, error } = manifest;
  return [
    `model       ${family} ${size}, ${parameters === null ? "?" : formatShort(parameters)} parameters`,
    `tokenizer   ${tokenizer}${vocab === null ? "" : ` (${formatCount(vocab)} tokens)`}`,
    `corpus      ${manifest.corpus_path}`,
    `started     ${manifest.started_at}`,
    `progress    ${formatCount(steps)} of ${total === null ? "?" : formatCount(total)} steps, ${formatShort(tokens)} tokens${seconds === null ? "" : `, ${formatDuration(seconds)}`}`,
    ...(manifest.best_val_loss === null
      ? []
      : [`validation  ${lossText(manifest.best_val_loss, manifest.best_val_figures, [])}`]),
    ...(manifest.test_loss === null
      ? []
      : [
          `test        ${lossText(manifest.test_loss, manifest.test_figures, [`ppl ${formatNumber(manifest.test_perplexity)}`, testBits(manifest)])}`,
        ]),
    ...(error === null ? [] : [`error       ${error}`]),
    "",
  ];
}
