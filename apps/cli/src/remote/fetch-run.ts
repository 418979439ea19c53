import { dirname, join, resolve } from "node:path";
import { temporaryBeside } from "@trainer/disk";
import type { Invocation } from "../framework/define-command.js";
import type { Server } from "../services/server.js";

/** A completed run of a server as a folder beside the one that is to be made of it, gone when it is disposed of. */
export async function fetchRemote(
  { client }: Server,
  runId: string,
  { options, io, out }: Pick<Invocation<{ readonly out: string }>, "options" | "io" | "out">,
): Promise<AsyncDisposable & { readonly path: string }> {
  const { unpackRun } = await import("@trainer/training/files");
  const { status, artifact_file_id: fileId } = await client.run(runId);
  if (fileId === null) throw new Error(`run ${runId} has no archive, as completed runs have: it is ${status}`);
  const folder = await temporaryBeside(dirname(resolve(options.out)));
  const path = join(folder.path, runId);
  try {
    out.note(`fetching run ${runId}`);
    await io.interruptible(async (signal) => {
      const archive = await client.archive(runId, { signal });
      await unpackRun(() => archive, path, { runId, fileId });
    });
    return { ...folder, path };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
