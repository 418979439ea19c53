import type { EstimateResult, Jobs } from "@trainer/platform";
import { estimateFields, estimateTraining } from "@trainer/training";
import type { ChildConfig } from "../config.js";
import type { AnswerContext } from "./answer.js";
import type { Archives } from "./messages.js";
import { requestCorpus } from "./request-corpus.js";
import { trainOptions } from "./train-options.js";

interface Context extends Pick<AnswerContext, "about" | "signal"> {
  readonly archives: Archives | undefined;
}

/** Tells what a training would be. @throws TrainingError as the training itself before its first step */
export async function estimate(
  { request_id: runId, request }: Jobs["estimate"],
  { threads, dataRoot }: Pick<ChildConfig, "threads" | "dataRoot">,
  { about, signal, archives }: Context,
): Promise<EstimateResult> {
  const { home, texts, dataBank } = about;
  const corpus = await requestCorpus(request, texts);
  const options = trainOptions(request, { runId, userId: "0", corpus, threads });
  const estimated = await estimateTraining(options, { home: home.root, dataRoot, dataBank, archives, signal });
  const { reasons, ...figures } = estimateFields(estimated);
  const shown = Object.entries(reasons).map(([figure, why]) => [figure, about.shown(why)] as const);
  return { status: "completed", ...figures, reasons: Object.fromEntries(shown) };
}
