import { ticked } from "../text/fit.js";
import { COLOR, footer, Refused, type Command } from "./command.js";
import { runId } from "./options.js";

export const cancel: Command = {
  description: "Stop a run after the step it is at",
  options: [runId("the run")],
  async run({ api, options, user, following, requestId, signal }) {
    const id = options.getString("run_id", true);
    await api.run(id, { requestId, signal }); // asking to stop what is not there would be accepted
    if (!(await following.mayCancel(id, user))) throw new Refused("Only the user who started this run can cancel it");
    await api.cancel(id, { requestId, signal });
    return {
      embeds: [
        {
          title: "Cancellation Requested",
          color: COLOR.canceled,
          description: "The run ends after the step it is at; what it has learned so far is kept.",
          fields: [{ name: "Run ID", value: ticked(id), inline: true }],
          footer: footer(requestId),
        },
      ],
    };
  },
};
