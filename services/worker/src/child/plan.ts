import { camelKeys, planDefaults } from "@trainer/options";
import type { Jobs, PlanRequest, PlanResult } from "@trainer/platform";
import { familyInfo } from "@trainer/models/capabilities";
import { planFields, planTraining, type Plan } from "@trainer/training";
import { methodOf } from "@trainer/training/options";
import type { ChildConfig } from "../config.js";
import { requestCorpus } from "./request-corpus.js";
import type { AnswerContext } from "./answer.js";

/** Plans a training on this machine. @throws TrainingError as the training itself before its first step */
export async function plan(
  { request }: Jobs["plan"],
  { threads, dataRoot }: Pick<ChildConfig, "threads" | "dataRoot">,
  { about, signal }: Pick<AnswerContext, "about" | "signal">,
): Promise<PlanResult> {
  const { home, texts, dataBank } = about;
  const { seconds, memory_bytes: memoryBytes, ...said } = request;
  const {
    corpus_path: _path,
    corpus_paths: _paths,
    tokenizer_id: id = "",
    model_config: modelConfig,
    ...fields
  } = said;
  const options = camelKeys(fields);
  const corpus = (await requestCorpus(said, texts)) ?? [];
  const tokenizer = id.trim() === "" ? null : id;
  const planned = await planTraining(
    { ...options, corpus, tokenizer, threads, ...(modelConfig && { modelConfig: camelKeys(modelConfig) }) },
    {
      home: home.root,
      dataRoot,
      dataBank,
      signal,
      seconds,
      memoryBytes: memoryBytes ?? undefined,
      given: givenIn(said),
    },
  );
  return { status: "completed", ...planFields(planned), request: requestOf(said, planned) };
}

type Said = Omit<PlanRequest, "seconds" | "memory_bytes">;

const saidIn = (said: Said): Partial<Said> =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));

/** Names of the options that stay as they are. Rates of dropout are those of whatever model is chosen. */
function givenIn(said: Said): ReadonlySet<string> {
  const given = new Set(Object.keys(camelKeys(saidIn(said))));
  const rates: readonly string[] = familyInfo(said.model_family ?? planDefaults.modelFamily)?.dropouts ?? [];
  if (Object.keys(camelKeys(said.model_config ?? {})).every((name) => rates.includes(name)))
    given.delete("modelConfig");
  return given;
}

/** The request that trains as a plan has it: a new model needs a tokenizer, or a method to train one. */
function requestOf(said: Said, planned: Plan): PlanResult["request"] {
  const { options } = planned;
  const method = options.tokenizer === null ? { tokenizer_method: methodOf(options) } : {};
  return { ...saidIn(said), ...method, ...planFields(planned).options };
}
