import type { FetchContext } from "./data-bank.js";
import { openHome, type Home } from "./home.js";

/** Where a run's corpus, and the weights it starts from, are looked for and fetched to. */
export const fetching = (
  context: FetchContext & { readonly home: string; readonly dataRoot?: string | undefined },
): FetchContext & { readonly home: Home } => ({ ...context, home: openHome(context.home, context.dataRoot) });
