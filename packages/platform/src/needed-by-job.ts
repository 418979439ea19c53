import { z } from "zod";
import { parseJson, toJson } from "./json.js";
import { jobs } from "./queue.js";
import { RunId } from "./schemas/ids.js";
import { unwrapped } from "./schemas/train.js";

const id = z.string().nullish().catch(null);
/** Alone what a training needs: one that a later version has queued needs it too. */
const Train = z.object({
  run_id: RunId,
  request: z.preprocess(
    unwrapped,
    z.object({ tokenizer_id: id, pretrained_run_id: id, teacher: id, corpus_file_id: id }),
  ),
});

/**
 * Ids of the runs, tokenizers and corpora that a job of the queue of trainings needs, which no cleanup may remove; a
 * corpus's as in its file name in the cache. None of a job that is something else, or cannot be read.
 */
export function neededByJob(kind: string, data: unknown): string[] {
  const read: unknown = parseJson(toJson(data));
  if (kind === "tokenizer") return known([corpusId(jobs.tokenizer.safeParse(read).data?.request.corpus_file_id)]);
  const train = kind === "train" ? Train.safeParse(read).data : undefined;
  if (train === undefined) return [];
  const { tokenizer_id, corpus_file_id, pretrained_run_id, teacher } = train.request;
  return known([train.run_id, tokenizer_id, pretrained_run_id, teacher, corpusId(corpus_file_id)]);
}

const known = (ids: readonly (string | null | undefined)[]): string[] =>
  ids.flatMap((id) => (id === null || id === undefined || id === "" ? [] : [id]));

const corpusId = (id: string | null | undefined): string | null => id?.trim().toLowerCase() ?? null;
