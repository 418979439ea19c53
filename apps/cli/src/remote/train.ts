import { familyInfo, snakeKeys } from "@trainer/models/capabilities";
import { TrainRequest } from "@trainer/platform";
import type { z } from "zod";
import { DIMENSION_FLAGS } from "../flags/dimension-flags.js";
import { checkedOptions, toTrainInput, TrainFlags } from "../flags/train-options.js";
import type { Invocation } from "../framework/define-command.js";
import { remoteText, sendText } from "./corpus.js";
import { followRemote } from "./follow-run.js";
import { fieldsOf, refuseLocal, requestOf } from "./request.js";
import type { Server } from "../services/server.js";

/** The text is sent before, and of tokenizers a server knows ids alone. */
const FIELDS = fieldsOf(TrainRequest, { corpus_file_id: "corpus", tokenizer_id: "tokenizer" });

type Flags = z.output<typeof TrainFlags>;

/** Trains on a server as on this machine: sends the text, and follows the run. */
export async function trainRemote(
  server: Server,
  words: readonly string[],
  { options, home, io, out }: Pick<Invocation<Flags>, "options" | "home" | "io" | "out">,
): Promise<void> {
  refuseLocal(TrainFlags, options, [...Object.keys(FIELDS), ...Object.keys(DIMENSION_FLAGS), "dropout", "options"]);
  const { modelConfig } = checkedOptions(toTrainInput(words, options));
  const given = {
    ...options,
    modelConfig: snakeKeys(modelConfig),
    tokenizerMethod: options.tokenizerMethod ?? familyInfo(options.modelFamily)?.tokenizer ?? "bpe",
  };
  requestOf(TrainRequest, { ...given, corpus: words[0] }, FIELDS); // before anything is sent
  const text = await remoteText(words, options.corpusFormat);
  const runId = await io.interruptible(async (signal) => {
    const { fileId } = await sendText(text, { home, io, out }, signal);
    const request = requestOf(TrainRequest, { ...given, corpusFormat: text.format, corpus: fileId }, FIELDS);
    return (await server.client.train(request, { signal })).run_id;
  });
  await followRemote({ io, out }, server, runId);
}
