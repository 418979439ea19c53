import type { RunProgress, RunStatus } from "@trainer/platform";
import type { APIEmbed, APIEmbedField } from "discord.js";
import { fit, LIMIT, plain, ticked } from "../text/fit.js";
import { bar, decimal, duration, relative } from "../text/quantity.js";
import { redact } from "../text/redact.js";
import { COLOR, footer, type Command } from "./command.js";
import { runId } from "./options.js";

const COLORS = { queued: COLOR.working, running: COLOR.working, completed: COLOR.completed, failed: COLOR.failed };

export const status: Command = {
  description: "How far a run has come",
  options: [runId("the run")],
  async run({ api, options, requestId, signal }) {
    const run = await api.run(options.getString("run_id", true), { requestId, signal });
    return { embeds: [embed(run, requestId)] };
  },
};

function embed(run: RunStatus, requestId: string): APIEmbed {
  const { run_id, status, training, last_heartbeat_ts: heartbeat } = run;
  const message = run.error ?? run.message;
  return {
    title: "Run Status",
    color: COLORS[status],
    description: ticked(run_id),
    fields: [
      { name: "Status", value: status, inline: true },
      { name: "Progress", value: `${run.progress}%`, inline: true },
      ...(heartbeat === null ? [] : [{ name: "Last Heartbeat", value: relative(heartbeat * 1000), inline: true }]),
      ...(message === null ? [] : [{ name: "Message", value: fit(plain(redact(message)) || "-", LIMIT.fieldValue) }]),
      ...(training === null ? [] : [details(training)]),
    ],
    footer: footer(requestId),
  };
}

function details(training: RunProgress): APIEmbedField {
  const { step, total_steps, epoch, total_epochs, checkpoint_step } = training;
  const known = (label: string, value: number | null) => (value === null ? [] : [`${label}: ${decimal(value, 4)}`]);
  const lines = [
    `Epoch ${Math.min(epoch + 1, total_epochs)}/${total_epochs}, step ${step}/${total_steps}`,
    bar(total_steps === 0 ? 0 : step / total_steps),
    ...known("Train Loss", training.train_loss),
    ...known("Val Loss", training.val_loss),
    ...known("Best Val Loss", training.best_val_loss),
    ...known("Test Loss", training.test_loss),
    checkpoint_step === null ? "Last Checkpoint: none yet" : `Last Checkpoint: step ${checkpoint_step}`,
    ...(training.eta_seconds === null ? [] : [`ETA: ${duration(training.eta_seconds)}`]),
  ];
  return { name: "Training", value: lines.join("\n") };
}
