import type { ScoreResponse } from "@trainer/platform";
import type { APIEmbedField } from "discord.js";
import { fenced, LIMIT, plain, ticked } from "../text/fit.js";
import { decimal } from "../text/quantity.js";
import { redact } from "../text/redact.js";
import { COLOR, footer, Refused, type Command } from "./command.js";
import { option, required, runId } from "./options.js";

const SHOWN = 10;

export const score: Command = {
  description: "How surprised a model is by a text",
  options: [
    runId("the run whose model reads"),
    required(option.text("text", "the text", 6000)),
    option.flag("detail", "name the most surprising tokens"),
  ],
  async run({ api, options, requestId, signal }) {
    const id = options.getString("run_id", true);
    const detail_level = options.getBoolean("detail") === true ? "per_char" : "summary";
    const request = { text: options.getString("text", true), detail_level } as const;
    const answer = await api.score(id, request, { requestId, signal });
    const { loss } = answer;
    if (loss === null)
      throw new Refused(`API error: ${plain(redact(answer.message ?? "the text could not be scored"))}`);
    return {
      embeds: [
        {
          title: "Score",
          color: COLOR.completed,
          fields: [
            { name: "Run ID", value: ticked(id) },
            { name: "Loss", value: `${decimal(loss, 4)} nats per token`, inline: true },
            { name: "Perplexity", value: decimal(answer.perplexity, 2), inline: true },
            { name: "Bits per Token", value: decimal(loss / Math.LN2, 3), inline: true },
            ...surprising(answer),
          ],
          footer: footer(requestId),
        },
      ],
    };
  },
};

function surprising({ surprisal, tokens }: ScoreResponse): APIEmbedField[] {
  if (surprisal === null || tokens === null || surprisal.length === 0) return [];
  const lines = surprisal
    .map((bits, i) => ({ bits, token: String(tokens[i + 1]) }))
    .sort((a, b) => b.bits - a.bits)
    .slice(0, SHOWN)
    .map(({ bits, token }) => `${decimal(bits, 2).padStart(6)} bits  ${JSON.stringify(token)}`);
  return [{ name: "Most Surprising", value: fenced(lines.join("\n"), LIMIT.fieldValue) }];
}
