import type { FetchContext } from "./data-bank.js";
import { openHome, type Home } from "./home.js";

/** Source and destination of a run's corpus, and of the weights it starts from. */
export const fetching = (
  context: FetchContext & { readonly home: string; readonly dataRoot?: string | undefined },
): FetchContext & { readonly home: Home } => ({ ...context, home: openHome(context.home, context.dataRoot) });
