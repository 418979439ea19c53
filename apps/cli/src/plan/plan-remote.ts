import { camelKeys, snakeKeys } from "@trainer/models/capabilities";
import { camelKeys as named } from "@trainer/options";
import { PlanRequest, TrainRequest, type PlanResponse } from "@trainer/platform";
import { z } from "zod";
import { DIMENSION_FLAGS } from "../flags/dimension-flags.js";
import { checkedOptions, toTrainInput, TrainFlags } from "../flags/train-options.js";
import type { Invocation } from "../framework/define-command.js";
import { remoteText, sendText } from "../remote/corpus.js";
import { fieldsOf, finished, refuseLocal, requestOf } from "../remote/request.js";
import type { Server } from "../services/server.js";
import { givenOptions, toBePlanned } from "./given-options.js";
import { PlanFlags } from "./plan-flags.js";
import { planReport, type PlanFigures } from "./plan-report.js";
import { trainCommand } from "./train-command.js";

/** The text is sent before, and of tokenizers a server knows ids alone. */
const FIELDS = fieldsOf(PlanRequest, {
  corpus_file_id: "corpus",
  tokenizer_id: "tokenizer",
  seconds: "maxSeconds",
  memory_bytes: "memory",
});

/** Options that are sent where nobody typed them too: a server reads texts in another way by default. */
const ALWAYS = ["maxSeconds", "memory", "document", "documentSeparator"];

/** Options that stand in the command for the training alone, or are sent as dimensions. */
const OF_TRAINING = ["userId", "dropout"];

/** Plans on a server as on this machine: sends the text, and waits for what that machine can give. */
export async function planRemote(
  server: Server,
  words: readonly string[],
  { options, given, home, io, out }: Pick<Invocation<PlanFlags>, "options" | "given" | "home" | "io" | "out">,
): Promise<void> {
  refuseLocal(PlanFlags, options, [...Object.keys(FIELDS), ...Object.keys(DIMENSION_FLAGS), ...OF_TRAINING]);
  const { memory: _memory, maxSeconds: _seconds, ...chosen } = options;
  const { modelConfig } = checkedOptions(toTrainInput(words, toBePlanned(TrainFlags.parse(chosen), given)));
  const sent = new Set([...givenOptions(given), ...(given.has("dropout") ? ["modelConfig"] : []), ...ALWAYS]);
  const said = Object.entries({ ...options, modelConfig: snakeKeys(modelConfig) }).filter(([name]) => sent.has(name));
  const request = Object.fromEntries(said);
  requestOf(PlanRequest, { ...request, corpus: words[0] }, FIELDS); // before anything is sent
  const text = await remoteText(words, options.corpusFormat);
  const plan = await io.interruptible(async (signal) => {
    const { fileId } = await sendText(text, { home, io, out }, signal);
    out.note("planning: the server measures a few steps ...");
    const asked = requestOf(PlanRequest, { ...request, corpusFormat: text.format, corpus: fileId }, FIELDS);
    return finished(await server.client.plan(asked, { signal }));
  });
  const line = trainCommand({ words, options, given, decided: decidedOf(plan), flags: server.flag });
  out.result({ ...plan, command: line }, () =>
    planReport(Figures.parse(plan), named(TrainRequest.parse(plan.request)), line).join("\n"),
  );
}

/** Settings that the plan decided, by the names of options. */
function decidedOf({ options: { model_config: dimensions, ...others } }: PlanResponse): Record<string, unknown> {
  const config = z.record(z.string(), z.unknown()).optional().parse(dimensions);
  return { ...camelKeys(others), ...(config && { modelConfig: camelKeys(config) }) };
}

const figure = z.number();

/** What is told of a plan that is made. */
const Figures: z.ZodType<PlanFigures> = z.object({
  parameters: figure,
  vocab_size: figure,
  tokens: figure,
  steps: figure,
  passes: figure,
  passes_until_overfit: figure,
  text_spent: z.boolean(),
  seconds: figure,
  bits_per_byte: figure,
  gzip_bits_per_byte: figure,
  memory_bytes: figure,
  available_bytes: figure,
  device: z.string(),
  precision: z.string(),
  threads: figure,
  busy: z.boolean(),
  tried: z.array(z.object({ parameters: figure, tokens_per_sec: figure, bits_per_byte: figure })),
});
