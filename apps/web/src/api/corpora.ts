import { queryOptions } from "@tanstack/react-query";
import { CorpusList } from "@trainer/platform/browser";
import { ask } from "./ask.js";

/** Texts that requests may name. */
export const corporaQuery = queryOptions({
  queryKey: ["corpora"],
  queryFn: ({ signal }) => ask(CorpusList, "/corpora", { signal }),
});
