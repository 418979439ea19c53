import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { Vocabulary } from "@trainer/platform/browser";
import { ask, pathTo } from "../../../api/ask.js";

/** Tokens of a page. */
export const PAGE = 100;

/** Tokens of a tokenizer in which something is found, from a place on. */
export const vocabularyQuery = (id: string, q: string, offset: number) =>
  queryOptions({
    queryKey: ["vocabulary", id, q, offset],
    queryFn({ signal }) {
      const path = `/tokenizers/${encodeURIComponent(id)}/vocabulary`;
      return ask(Vocabulary, pathTo(path, { q: q === "" ? undefined : q, offset, limit: PAGE }), { signal });
    },
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
