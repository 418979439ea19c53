import { queryOptions } from "@tanstack/react-query";
import { EncodeResponse } from "@trainer/platform/browser";
import { answerOf } from "../../../api/answers.js";

const PATIENCE_MS = 60_000;
const ignore = () => undefined;

/** A text, and the tokens that a tokenizer cuts it into. */
export const encodingQuery = (id: string, text: string) =>
  queryOptions({
    queryKey: ["encoding", id, text],
    async queryFn({ signal }) {
      const path = `/tokenizers/${encodeURIComponent(id)}/encode`;
      const answerPath = ({ request_id: request }: EncodeResponse) => `${path}/${request}`;
      const late = AbortSignal.timeout(PATIENCE_MS);
      const following = { onAccepted: ignore, onText: ignore, onAway: ignore, signal: AbortSignal.any([signal, late]) };
      try {
        const result = await answerOf({ schema: EncodeResponse, path, body: { text }, answerPath }, following);
        if (result.status === "completed") return { ...result, text };
        throw new Error(result.message ?? "It failed, and nothing says why");
      } catch (error) {
        if (late.aborted) throw new Error("No worker has answered within a minute. Is one running?", { cause: error });
        throw error;
      }
    },
    enabled: text !== "",
    staleTime: Infinity,
    gcTime: PATIENCE_MS,
    retry: false,
  });
