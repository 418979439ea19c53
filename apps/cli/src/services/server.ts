import { ServiceError, TrainerClient } from "@trainer/client";
import type { RunList, RunStatus } from "@trainer/platform";
import { isId, LATEST, meantBy, newestOf } from "@trainer/training/files";
import { z } from "zod";
import { UsageError } from "../process/errors.js";
import { ANY, keyFor } from "./key-for.js";
import { served, type Place } from "./serve-record.js";

/** The system that a command line works with in place of this machine. */
export interface Server {
  readonly client: TrainerClient;
  readonly url: string;
  /** The flag that makes a proposed command use the same system. */
  readonly flag: string;
}

const Url = z.url({ protocol: /^https?$/ });

/**
 * The system at `url`. Its key is TRAINER_API_KEY; else, for the system that `trainer serve` runs for this home, the one
 * that it was given, or that it has made.
 * @throws UsageError for what is no address
 */
export function serverAt(url: string, { home, io: { env }, out }: Place): Server {
  if (!Url.safeParse(url).success) throw new UsageError(`--server ${url}: must be http://… or https://…`);
  const { api } = served(home);
  const keys = [
    { key: env["TRAINER_API_KEY"], url: ANY },
    { key: env["SECURITY__API_KEY"] || api.key, url: api.url },
  ];
  const apiKey = keyFor(url, keys, out);
  return { client: new TrainerClient({ url, apiKey }), url, flag: ` --server ${url}` };
}

/**
 * Resolves a run of the server, as `nameRun` does for a home: ids take precedence.
 * @throws errors of the server, and for an ambiguous beginning
 */
export async function nameRemoteRun({ client, url }: Server, ref: string): Promise<string> {
  try {
    return isId(ref) ? (await client.run(ref)).run_id : ref;
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === "RUN_NOT_FOUND")) throw error;
  }
  if (ref === LATEST)
    return newestOf(
      (await client.runs({ limit: 1 })).runs.map(({ run_id: id }) => id),
      url,
    );
  return meantBy(
    ref,
    (await allRuns(client)).map(({ run_id: id }) => id),
  );
}

/** All of a server's runs, the newest first. */
export async function allRuns(client: TrainerClient): Promise<RunStatus[]> {
  const runs: RunStatus[] = [];
  let cursor: string | null = null;
  do {
    const page: RunList = await client.runs({ limit: 200, cursor });
    runs.push(...page.runs);
    cursor = page.next;
  } while (cursor !== null);
  return runs;
}
