import { ensureRun } from "../artifact/ensure-run.js";
import { fetching } from "../home/fetching.js";
import type { Session } from "./run-context.js";

/** The folder of a run that another starts or learns from; null for none. */
export const folderOfRun = async (run: string | null, { context }: Pick<Session, "context">): Promise<string | null> =>
  run === null ? null : (await ensureRun(run, fetching(context))).dir;
