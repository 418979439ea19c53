import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import type { Output } from "../display/output.js";
import { INSTALLED } from "./pages.js";

/** The checkout's own part that builds the pages; a package has none. */
const BUILDER = fileURLToPath(new URL("../../../../scripts/web.js", import.meta.url));

const Builder = z.object({ webIsCurrent: z.instanceof(Function) });

/** Says in a checkout that its pages were built of other sources than it has now: compiling alone leaves them as they were. */
export async function tellStalePages(
  folder: string,
  out: Pick<Output, "warn">,
  { installed = INSTALLED, builder = BUILDER } = {},
): Promise<void> {
  if (folder !== installed || !existsSync(builder)) return;
  const { webIsCurrent } = Builder.parse(await import(pathToFileURL(builder).href));
  const isCurrent: unknown = Reflect.apply(webIsCurrent, undefined, []);
  if (isCurrent === false) out.warn("The pages are older than their sources: `npm run bootstrap` builds them anew.");
}
