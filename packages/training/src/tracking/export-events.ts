import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isFolder, makeFolder, temporaryBeside } from "@trainer/disk";
import type { RunManifest } from "../home/manifest.js";
import { eventFiles } from "./event-file.js";
import { runEvents, type EventSources } from "./run-events.js";
import { timesIn } from "./times.js";

export interface EventExport extends EventSources {
  readonly logs: string;
  readonly manifest: RunManifest;
}

/**
 * Writes the event files of a run that is not going on into a folder, in place of any that are there; returns their
 * paths. A file is put there when it is whole.
 */
export async function exportEvents({ manifest, logs, ...sources }: EventExport, folder: string): Promise<string[]> {
  const started = Date.parse(manifest.started_at) / 1000;
  const timeOf = timesIn(logs, started);
  const ended = manifest.finished_at === null ? started : Date.parse(manifest.finished_at) / 1000;
  await using beside = await temporaryBeside(folder);
  const made = runEvents(beside.path, sources);
  for (const events of made) {
    events.restart({ step: 0, tokens: 0, metricsBytes: 0, samplesBytes: 0 }, manifest, started);
    events.sync(timeOf);
    events.end(manifest, ended);
  }
  const paths: string[] = [];
  for (const { folder: from } of made) paths.push(...(await place(from, join(folder, from.slice(beside.path.length)))));
  return paths;
}

/** Moves event files to a folder, and removes those that were there before. */
async function place(from: string, to: string): Promise<string[]> {
  if (!(await isFolder(from))) return [];
  await makeFolder(to);
  const old = eventFiles(to);
  const names = eventFiles(from);
  for (const name of names) renameSync(join(from, name), join(to, name));
  for (const name of old) if (!names.includes(name)) rmSync(join(to, name));
  return names.map((name) => join(to, name));
}
