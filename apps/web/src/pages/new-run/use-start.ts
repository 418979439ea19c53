import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { TrainAccepted } from "@trainer/platform/browser";
import { ask } from "../../api/ask.js";
import { storeDraft } from "./draft.js";
import type { Request } from "./request.js";

interface Start {
  readonly request: Request;
  /** Of the client's own: the same key and request give the same run. */
  readonly key: string;
}

/** Starts trainings, and then shows the run. */
export function useStart() {
  const router = useRouter();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ request, key }: Start) =>
      ask(TrainAccepted, "/runs/train", { method: "POST", body: request, headers: { "Idempotency-Key": key } }),
    onSuccess: ({ run_id: id }) => {
      storeDraft(null);
      queryClient.invalidateQueries({ queryKey: ["runs"] }).catch(reportError);
      router.history.push(`/app/runs/${encodeURIComponent(id)}`);
    },
  });
}
