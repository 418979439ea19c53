import { CleanupConfig, openHome, sendArtifact, type CleanupRecord } from "@trainer/training/files";
import { whatBecame } from "../display/what-became.js";
import { filesService, withProgress } from "../services/files-service.js";
import type { Invocation } from "../framework/define-command.js";
import { formatBytes } from "../display/quantity.js";

interface Upload extends Pick<Invocation<unknown>, "home" | "io" | "out"> {
  readonly url?: string | undefined;
  /** True if the run's folder is removed afterwards. */
  readonly clean: boolean;
}

/** Sends a run to a file service, and tells the id of its archive. */
export async function uploadRun(run: string, { url, clean, home, io, out }: Upload): Promise<void> {
  const dataBank = filesService({ home, io, out, url });
  const cleanup = clean ? CleanupConfig.parse({}) : undefined;
  const log = ({ level, message }: CleanupRecord) =>
    level === "ERROR" && out.warn(`The run's folder stays: ${message}`);
  const sent = await io.interruptible((signal) =>
    withProgress(io, out, `sending run ${run}`, (onProgress) =>
      sendArtifact(run, { home: openHome(home), dataBank, cleanup, log, onProgress, signal }),
    ),
  );
  const { runId, fileId, bytes, cleanup: decision } = sent;
  out.note(`run ${runId}: ${bytes === null ? "sent and cleaned away before" : `${formatBytes(bytes)} sent`}`);
  if (decision !== null) out.note(`its folder: ${whatBecame(decision.reason)}`);
  const removed = bytes === null || decision?.reason === null;
  out.result({ run_id: runId, file_id: fileId, bytes, removed }, () => fileId);
}
