import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@trainer/platform";
import { isServed, serveHomeIfFree, type ServedHome } from "../serve/one-per-home.js";
import type { PagesAccess } from "../serve/pages.js";
import { statusOf } from "../serve/wait-for-http.js";
import { served } from "./serve-record.js";

export interface Elsewhere {
  readonly home: string;
  /** The API's key of the settings; "" for none. */
  readonly key: string;
  /** Called once if it has to be waited for. */
  waiting(): void;
}

/** How long the other one may take to come up, or to be gone. */
const PATIENCE = { withinMs: 60_000, everyMs: 100 };

/**
 * The pages of the system that another process serves a home with, once they are there; null once none does.
 * @throws AppError CONFLICT if it has no pages, or they are not there in time; AbortError once `signal` aborts
 */
export async function servedElsewhere(
  { home, key: given, waiting }: Elsewhere,
  signal: AbortSignal,
  { withinMs, everyMs } = PATIENCE,
): Promise<PagesAccess | null> {
  const late = performance.now() + withinMs;
  for (let tries = 0; isServed(home); tries++) {
    const { url, key } = served(home).api;
    const status = url === undefined ? undefined : await statusOf(`${url}/app/`);
    if (url !== undefined && status === 200) return { url, key: given || key };
    if (status === 404)
      throw new AppError(
        "CONFLICT",
        `${home} is being served already, at ${url}, but without the pages: stop that one`,
      );
    if (performance.now() > late)
      throw new AppError("CONFLICT", `${home} is being served already, but no pages answer there: stop that one`);
    if (tries === 0) waiting();
    await sleep(everyMs, undefined, { signal });
  }
  return null;
}

/**
 * The pages of the system that another process serves a home with, or the home, to be served by this one.
 * @throws what `servedElsewhere` does
 */
export async function pagesOrHome(
  elsewhere: Elsewhere,
  signal: AbortSignal,
): Promise<{ readonly pages: PagesAccess } | { readonly pages: null; readonly own: ServedHome }> {
  for (;;) {
    const pages = await servedElsewhere(elsewhere, signal);
    if (pages !== null) return { pages };
    const own = serveHomeIfFree(elsewhere.home);
    if (own !== null) return { pages, own };
  }
}
