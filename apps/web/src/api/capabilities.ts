import { queryOptions } from "@tanstack/react-query";
import { Capabilities } from "@trainer/platform/browser";
import { ask } from "./ask.js";

/** Names that requests may use; they change only with the service itself. */
export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => ask(Capabilities, "/capabilities", { signal }),
  staleTime: 60_000,
});
