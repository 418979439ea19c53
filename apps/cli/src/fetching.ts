import type { FetchContext } from "@trainer/training";
import { ProgressLine } from "./display/progress-line.js";
import { formatBytes } from "./display/quantity.js";
import type { Io } from "./io.js";
import type { Output } from "./output.js";

/**
 * Where commands get what is not here, archived runs and corpora by their ids: the file service that the environment names,
 * or nowhere. What is fetched is shown with how far it is.
 */
export async function fetching(io: Io, out: Output): Promise<Pick<FetchContext, "dataBank" | "onFetch">> {
  const { APP__DATA_BANK_API_URL: url, API_GATEWAY_URL: gateway } = io.env;
  if (!url && !gateway) return {};
  const { filesService } = await import("./commands/files-service.js");
  const line = new ProgressLine(io, out);
  return {
    dataBank: filesService(undefined, io.env),
    onFetch({ what, id, bytes, totalBytes }) {
      const name = what === "run" ? `bringing back run ${id}` : `fetching corpus ${id.slice(0, 12)}`;
      line.update(`${name} (${formatBytes(totalBytes)})`, bytes / totalBytes);
      if (bytes === totalBytes) line.clear();
    },
  };
}
