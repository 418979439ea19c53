import { at } from "@trainer/disk";
import { familyInfo, snakeKeys } from "@trainer/models/capabilities";
import { saidSettings, TrainRequest } from "@trainer/platform";
import type { CorpusFormat } from "@trainer/options";
import type { TrainOptions } from "@trainer/training/options";
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

/** @throws UsageError for options that only work on this machine */
export const refuseHere = (options: Flags): void =>
  refuseLocal(TrainFlags, options, [...Object.keys(FIELDS), ...Object.keys(DIMENSION_FLAGS), "dropout", "options"]);

/**
 * The request for a training of a text by its id in the file service. An earlier server takes it too, as long as nothing
 * of it is new.
 * @throws UsageError for what the server would refuse
 */
export function trainingRequest(
  options: TrainOptions,
  corpus: string,
  corpusFormat: CorpusFormat,
): Partial<TrainRequest> {
  const tokenizerMethod = options.tokenizerMethod ?? familyInfo(options.modelFamily)?.tokenizer ?? "bpe";
  const modelConfig = snakeKeys(options.modelConfig);
  const given = { ...options, modelConfig, tokenizerMethod, corpus, corpusFormat };
  return saidSettings(requestOf(TrainRequest, given, FIELDS));
}

/** Trains on a server as on this machine: sends the text, and follows the run. */
export async function trainRemote(
  server: Server,
  words: readonly string[],
  { options, home, io, out }: Pick<Invocation<Flags>, "options" | "home" | "io" | "out">,
): Promise<void> {
  refuseHere(options);
  const checked = checkedOptions(toTrainInput(words, options));
  trainingRequest(checked, at(words, 0), options.corpusFormat); // before anything is sent
  const text = await remoteText(words, options.corpusFormat);
  const runId = await io.interruptible(async (signal) => {
    const { fileId } = await sendText(text, { home, io, out }, signal);
    return (await server.client.train(trainingRequest(checked, fileId, text.format), { signal })).run_id;
  });
  await followRemote({ io, out }, server, runId);
}
