import { ticked } from "../text/fit.js";
import { COLOR, footer, type Command, type Reply } from "./command.js";
import { runId } from "./options.js";

export const watch: Command = {
  description: "Be told in direct messages how a run goes",
  options: [runId("the run")],
  async run({ api, options, user, following, requestId, signal }) {
    const id = options.getString("run_id", true);
    await api.run(id, { requestId, signal }); // reports if there is none
    await following.watch(id, user);
    return reply("Watching", id, requestId);
  },
};

/** Also for what is no longer there. */
export const unwatch: Command = {
  description: "Be told no more of a run",
  options: [runId("the run")],
  async run({ options, user, following, requestId }) {
    const id = options.getString("run_id", true);
    await following.unwatch(id, user);
    return reply("No Longer Watching", id, requestId);
  },
};

const reply = (title: string, id: string, requestId: string): Reply => ({
  embeds: [
    {
      title,
      color: COLOR.working,
      fields: [{ name: "Run ID", value: ticked(id), inline: true }],
      footer: footer(requestId),
    },
  ],
});
