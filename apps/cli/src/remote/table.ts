import { RunManifest } from "@trainer/training/files";
import type { TableRun } from "../runs/run-table.js";
import { knownTo } from "../services/known-to.js";
import { allRuns, type Server } from "../services/server.js";

/** All of a server's runs, the newest first. One that has not begun has its id and its status alone. */
export async function remoteTable({ client }: Server): Promise<TableRun[]> {
  const runs: TableRun[] = [];
  for (const { run_id: id, status, artifact_file_id: archive } of await allRuns(client)) {
    const { data: manifest = null } = RunManifest.safeParse(await knownTo(client.manifest(id)));
    runs.push({ id, status, archived: archive !== null, manifest });
  }
  return runs;
}
