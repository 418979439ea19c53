import { queryOptions } from "@tanstack/react-query";
import { TokenizerAccepted, TokenizerList, type TokenizerInfo } from "@trainer/platform/browser";
import { ask, pathTo } from "./ask.js";

/** How often the list is read again: while one is made, and else, for those that others have made. */
const BUSY_MS = 1000;
const QUIET_MS = 10_000;

const MOST = 500;

export const isUnfinished = ({ status }: TokenizerInfo): boolean => status === "queued" || status === "running";

/** All tokenizers, the newest first. */
export const tokenizersQuery = queryOptions({
  queryKey: ["tokenizers"],
  queryFn: ({ signal }) => ask(TokenizerList, pathTo("/tokenizers", { limit: MOST }), { signal }),
  refetchInterval: ({ state }) => (state.data?.tokenizers.some(isUnfinished) === true ? BUSY_MS : QUIET_MS),
});

/** Has one trained. @throws ApiError */
export const trainTokenizer = (request: Readonly<Record<string, unknown>>): Promise<TokenizerAccepted> =>
  ask(TokenizerAccepted, "/tokenizers/train", { method: "POST", body: request });
