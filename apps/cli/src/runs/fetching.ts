import type { FetchContext } from "@trainer/training";
import { ProgressLine } from "../display/progress-line.js";
import { formatBytes } from "../display/quantity.js";
import type { Invocation } from "../framework/define-command.js";

/**
 * Source of archived runs and corpora by id: the file service of the environment or of the home's `trainer serve`, or
 * none. Fetching shows its progress.
 */
export async function fetching({
  home,
  io,
  out,
}: Pick<Invocation<unknown>, "home" | "io" | "out">): Promise<Pick<FetchContext, "dataBank" | "onFetch">> {
  const { knownFilesService } = await import("../services/files-service.js");
  const dataBank = knownFilesService({ home, io, out });
  if (dataBank === null) return {};
  const line = new ProgressLine(io, out);
  return {
    dataBank,
    onFetch({ what, id, bytes, totalBytes }) {
      const name = what === "run" ? `bringing back run ${id}` : `fetching corpus ${id.slice(0, 12)}`;
      line.update(`${name} (${formatBytes(totalBytes)})`, bytes / totalBytes);
      if (bytes === totalBytes) line.clear();
    },
  };
}
