import type { RunStatus } from "@trainer/platform";
import { decimal, relative } from "../text/quantity.js";
import { fit, LIMIT, ticked } from "../text/fit.js";
import { COLOR, footer, type Command } from "./command.js";
import { option } from "./options.js";

const LINES = 10;

export const runs: Command = {
  description: "The newest runs",
  options: [option.int("limit", `how many; ${LINES} if left out`, { min: 1, max: 25 })],
  async run({ api, options, requestId, signal }) {
    const limit = options.getInteger("limit") ?? LINES;
    const { runs: found } = await api.runs({ limit, requestId, signal });
    const description = found.length === 0 ? "None yet. `/train` starts one." : found.map(line).join("\n");
    return {
      embeds: [
        {
          title: "Recent Runs",
          color: COLOR.working,
          description: fit(description, LIMIT.description),
          footer: footer(requestId),
        },
      ],
    };
  },
};

function line({ run_id, status, progress, created_at, training }: RunStatus): string {
  const loss = training?.train_loss;
  const facts = [
    status === "running" ? `running ${progress}%` : status,
    ...(loss === null || loss === undefined ? [] : [`loss ${decimal(loss, 4)}`]),
    relative(utc(created_at)),
  ];
  return `${ticked(run_id)} ${facts.join(" · ")}`;
}

/** A time of the API's: UTC, also where it does not say so. */
const utc = (time: string): number => Date.parse(/[Z+]|-\d\d:\d\d$/.test(time) ? time : `${time}Z`);
