import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent, namesIn } from "@trainer/disk";
import { z } from "zod";
import { idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { archivedFiles, archivedIds } from "./run-log-files.js";
import { isHeld } from "./file-lock.js";
import { runFolder } from "./run-folder.js";

/** The part of a manifest about a run's dependencies; one written when the run was queued has less. */
const Needs = z.looseObject({
  status: z.string().optional(),
  tokenizer_id: z.string().optional(),
  corpus_path: z.string().optional(),
  pretrained_run_id: z.string().nullish(),
  config: z
    .looseObject({
      tokenizer: z.string().nullish(),
      corpus_file_id: z.string().nullish(),
      corpus_paths: z.array(z.string()).optional(),
      teacher: z.string().nullish(),
    })
    .optional(),
});
type Needs = z.infer<typeof Needs>;

/** Things that the runs of a home depend on. */
export interface Named {
  /** Runs by tokenizer, also those whose folders were archived. */
  readonly tokenizers: ReadonlyMap<string, readonly string[]>;
  /** Runs that unfinished runs start from, or learn from. */
  readonly pretrained: ReadonlySet<string>;
  /** Paths and ids of what unfinished runs read. */
  readonly corpora: ReadonlySet<string>;
  /** Manifests that cannot be read, or do not say yet what tokenizer the run will have. */
  readonly unknown: readonly string[];
}

/** Reads the manifests of all runs, without opening anything else. */
export async function namedByRuns(home: Home): Promise<Named> {
  const tokenizers = new Map<string, string[]>();
  const [pretrained, corpora] = [new Set<string>(), new Set<string>()];
  const unknown: string[] = [];
  for (const { run, path, held, folder } of await manifests(home)) {
    const needs = await read(path);
    if (needs === "gone" && (folder === null || (await isEmpty(folder)))) continue;
    // A run in preparation has no tokenizer yet; killed there, it would make it again. A run whose manifest is missing
    // had a tokenizer once, or its request names one.
    if (needs === null || needs === "gone" || needs.tokenizer_id === undefined || (needs.tokenizer_id === "" && held))
      unknown.push(path);
    if (needs === null || needs === "gone") continue;
    for (const id of new Set([needs.tokenizer_id, needs.config?.tokenizer]))
      if (id) tokenizers.set(id, [...(tokenizers.get(id) ?? []), run]);
    if (needs.status === "completed" || needs.status === "failed") continue;
    if (needs.pretrained_run_id) pretrained.add(needs.pretrained_run_id);
    if (needs.config?.teacher) pretrained.add(needs.config.teacher);
    for (const each of needs.config?.corpus_paths ?? [needs.corpus_path ?? ""]) corpora.add(each);
    if (needs.config?.corpus_file_id) corpora.add(needs.config.corpus_file_id);
  }
  return { tokenizers, pretrained, corpora, unknown };
}

/** The runs that name a tokenizer of the home, by its id or by its folder. */
export const runsNaming = ({ tokenizers }: Pick<Named, "tokenizers">, home: Home, id: string): string[] => [
  ...new Set([id, join(home.tokenizers, id)].flatMap((name) => tokenizers.get(name) ?? [])),
];

interface Listed {
  readonly run: string;
  readonly path: string;
  readonly held: boolean;
  readonly folder: string | null;
}

async function manifests(home: Home): Promise<Listed[]> {
  const folders = (await idsIn(home.models)).map((run) => ({ run, files: runFolder(home.root, run) }));
  const archived = await archivedIds(home);
  return [
    ...folders.map(({ run, files }) => ({ run, path: files.manifest, held: isHeld(files.lock), folder: files.path })),
    ...archived.map((run) => ({ run, path: archivedFiles(home, run).manifest, held: false, folder: null })),
  ];
}

/** True if nothing of a run is there, or no run any more. */
const isEmpty = async (folder: string): Promise<boolean> => (await namesIn(folder)).length === 0;

/** Null for what is no manifest. */
async function read(path: string): Promise<Needs | null | "gone"> {
  try {
    return Needs.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    return isAbsent(error) ? "gone" : null;
  }
}
