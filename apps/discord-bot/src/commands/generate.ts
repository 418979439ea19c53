import { GenerateRequest, type GenerateResponse } from "@trainer/platform";
import type { APIApplicationCommandBasicOption as Option } from "discord.js";
import { fenced, fit, LIMIT, plain, ticked } from "../text/fit.js";
import { COLOR, footer, Refused, type Command, type Reply } from "./command.js";
import { fieldOptions, option, required, runId } from "./options.js";
import { redact } from "../text/redact.js";

/** All of them are to be seen in one answer. */
const few = (option: Option): Option => Object.assign({}, option, { max_value: 4 });

export const generate: Command = {
  description: "Let a trained model write",
  options: [
    runId("the run whose model writes"),
    required(option.text("prompt", "what the text goes on from", 6000)),
    ...fieldOptions(GenerateRequest.shape, [
      "max_new_tokens",
      "temperature",
      "top_k",
      "top_p",
      "min_p",
      "repetition_penalty",
      "seed",
    ]),
    ...fieldOptions(GenerateRequest.shape, ["num_return_sequences"]).map(few),
  ],
  async run({ api, options, requestId, signal }) {
    const id = options.getString("run_id", true);
    const prompt = options.getString("prompt", true);
    const settings = {
      ...given("max_new_tokens", options.getInteger("max_new_tokens")),
      ...given("temperature", options.getNumber("temperature")),
      ...given("top_k", options.getInteger("top_k")),
      ...given("top_p", options.getNumber("top_p")),
      ...given("min_p", options.getNumber("min_p")),
      ...given("repetition_penalty", options.getNumber("repetition_penalty")),
      ...given("seed", options.getInteger("seed")),
      ...given("num_return_sequences", options.getInteger("num_return_sequences")),
    };
    const answer = await api.generate(id, { prompt_text: prompt, ...settings }, { requestId, signal });
    if (answer.outputs === null)
      throw new Refused(`API error: ${plain(redact(answer.message ?? "the text could not be made"))}`);
    return written(id, prompt, answer.outputs, answer, requestId);
  },
};

const given = (name: string, value: number | null) => (value === null ? {} : { [name]: value });

function written(
  id: string,
  prompt: string,
  outputs: readonly string[],
  answer: GenerateResponse,
  requestId: string,
): Reply {
  const whole = outputs.map((text) => prompt + text);
  const room = Math.floor(3600 / whole.length);
  const cut = whole.some((text) => fenced(text, Infinity).length > room);
  return {
    embeds: [
      {
        title: "Generated Text",
        color: COLOR.completed,
        description: fit(whole.map((text) => fenced(text, room)).join("\n"), LIMIT.description),
        fields: [
          { name: "Run ID", value: ticked(id), inline: true },
          ...(answer.steps === null ? [] : [{ name: "Tokens", value: String(answer.steps), inline: true }]),
          ...(cut ? [{ name: "Whole Text", value: plain("in the attached file"), inline: true }] : []),
        ],
        footer: footer(requestId),
      },
    ],
    files: cut ? [{ attachment: Buffer.from(whole.join("\n\n---\n\n")), name: "generated.txt" }] : [],
  };
}
