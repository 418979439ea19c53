import { queryOptions } from "@tanstack/react-query";
import { EncodeResponse } from "@trainer/platform/browser";
import { patientAnswer } from "../../../api/patient-answer.js";

const KEPT_MS = 60_000;

/** A text, and the tokens that a tokenizer cuts it into. */
export const encodingQuery = (id: string, text: string) =>
  queryOptions({
    queryKey: ["encoding", id, text],
    async queryFn({ signal }) {
      const path = `/tokenizers/${encodeURIComponent(id)}/encode`;
      const answerPath = ({ request_id: request }: EncodeResponse) => `${path}/${request}`;
      const result = await patientAnswer({ schema: EncodeResponse, path, body: { text }, answerPath }, signal);
      return { ...result, text };
    },
    enabled: text !== "",
    staleTime: Infinity,
    gcTime: KEPT_MS,
    retry: false,
  });
