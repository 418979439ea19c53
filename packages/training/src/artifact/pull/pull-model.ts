import { readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { exportedId, ID_RULE, isId, makeFolder, namesIn, placeFolder, unlessAbsent } from "@trainer/disk";
import { INDEX_FILE } from "@trainer/models/capabilities";
import { TrainingError } from "../../errors.js";
import { freeBytesOf } from "../../home/free-bytes.js";
import type { TransferOptions } from "../../home/data-bank.js";
import type { Home } from "../../home/home.js";
import { takeLock } from "../../home/wait-for-lock.js";
import { chooseFiles, listedShards } from "./choose-files.js";
import type { HubFile, HubRepository, ModelHub } from "./hub.js";
import { isWhole, readPulled, writePulled } from "./pulled-record.js";
import { countParameters, readConfigFacts, readLicence, type ConfigFacts } from "./stored-facts.js";

export interface PullOptions<File extends HubFile> extends TransferOptions {
  readonly home: Pick<Home, "exports">;
  readonly hub: ModelHub<File>;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** The folder to make; the repository's name in the home's `exports` if left out. */
  readonly out?: string | undefined;
  /** Opens the tokenizer in a folder: whoever pulls has the native code for it. */
  readonly openTokenizer: (dir: string) => Promise<unknown>;
}

/** A model of a hub that is here now. */
export interface PulledModel extends ConfigFacts {
  /** By which it is asked for in a run's place: `export~NAME`, or the folder's path elsewhere. */
  readonly id: string;
  readonly path: string;
  readonly commit: string;
  readonly parameters: number;
  /** Bytes of the files that were chosen. */
  readonly bytes: number;
  /** As its card has it; null where that says nothing. */
  readonly licence: string | null;
  /** True if all of it was there before. */
  readonly wasThere: boolean;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

/**
 * Fetches a model from a hub: safetensors, its config and its tokenizer, each by its hash; no code. Its folder appears whole
 * or not at all, and takes the place of an earlier commit of the same repository. What a killed pull has fetched lies beside
 * it, and the next goes on from there.
 *
 * Errors: those of the hub as they are; INVALID_INPUT for a name; CONFLICT where something else lies there or another
 * process pulls it; MODEL_NOT_FOUND, TOKENIZER_NOT_FOUND, TOKENIZER_LOAD_FAILED, UNSUPPORTED_BACKEND, MODEL_INCOMPATIBLE and
 * INSUFFICIENT_STORAGE before any weights are fetched; MODEL_LOAD_FAILED for weights that are no sound safetensors.
 */
export async function pullModel<File extends HubFile>(name: string, options: PullOptions<File>): Promise<PulledModel> {
  if (!NAME.test(name))
    throw new TrainingError("INVALID_INPUT", `${JSON.stringify(name)} is no repository: expected owner/name`);
  const { home, hub, revision, out, signal } = options;
  const path = out === undefined ? join(home.exports, basename(name)) : resolve(out);
  await assertFree(path, name);
  const repository = await hub.repository(name, revision, signal);
  const about = { home, name, commit: repository.commit };
  const there = await readPulled(path);
  if (there?.commit === repository.commit && (await isWhole(path, there)))
    return await described(path, there.files, { ...about, wasThere: true });

  const parent = dirname(path);
  await makeFolder(parent);
  using lock = takeLock(join(parent, `${staging(path)}.lock`));
  if (lock === null) throw conflict(`${path} is being pulled by another process: wait for it`);
  const folder = join(parent, `${staging(path)}-${repository.commit.slice(0, 12)}`);
  await makeFolder(folder);
  const pulled = await orForgotten(folder, async () => {
    const files = await fetchInto(folder, repository, options);
    await writePulled(folder, repository, hub.url, files);
    return await described(folder, files, { ...about, wasThere: false });
  });
  await placeFolder(folder, path, () => Promise.resolve(false));
  await removeOlder(path);
  return { ...pulled, path, id: idOf(path, home) };
}

/** Beginning of the names of what stands beside a folder while it is pulled; no id has a dot there. */
const staging = (path: string): string => `.pull-${basename(path)}`;

/** Refuses a destination that something else has. */
async function assertFree(path: string, name: string): Promise<void> {
  if (dirname(path) === path || !isId(basename(path)))
    throw new TrainingError("INVALID_INPUT", `${path} cannot be the folder of a model: its name needs ${ID_RULE}`);
  const found = await unlessAbsent(stat(path));
  if (found === null || (found.isDirectory() && (await namesIn(path)).length === 0)) return;
  const there = await readPulled(path);
  if (there?.repository === name) return;
  const what = there === null ? "is there already, and was not pulled" : `is the model of ${there.repository}`;
  throw conflict(`${path} ${what}: name another folder (--out on the command line)`);
}

/** Fetches all files of a model that are not there yet, the small ones first: they may say that the others are of no use. */
async function fetchInto<File extends HubFile>(
  folder: string,
  repository: HubRepository<File>,
  { hub, openTokenizer, signal, onProgress = () => {} }: PullOptions<File>,
): Promise<File[]> {
  const { name } = repository;
  const { config, beside, weights } = chooseFiles(repository);
  const fetchAll = async (files: readonly File[], onBytes: (done: number) => void = () => {}) => {
    let done = 0;
    for (const file of files) {
      const to = join(folder, file.name);
      const there = await unlessAbsent(stat(to)); // whole: it had its hash when it was given its name
      const of = ({ bytes }: { readonly bytes: number }) => onBytes(done + bytes);
      if (there?.size !== file.size) await hub.download(repository, file, to, { signal, onProgress: of });
      done += file.size;
      onBytes(done);
    }
  };
  await fetchAll([config]);
  await readConfigFacts(folder, name);
  await fetchAll(beside);
  await assertTokenizer(folder, name, openTokenizer);
  const shards =
    weights === null ? listedShards(await readFile(join(folder, INDEX_FILE), "utf8"), repository) : [weights];
  const totalBytes = sizeOf(shards);
  await assertRoom(folder, shards, name);
  await fetchAll(shards, (bytes) => onProgress({ bytes, totalBytes }));
  return [config, ...beside, ...shards];
}

const sizeOf = (files: readonly Pick<HubFile, "size">[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** Refuses a tokenizer that cannot be opened here: the weights would be of no use. */
async function assertTokenizer(folder: string, name: string, open: (dir: string) => Promise<unknown>): Promise<void> {
  try {
    await open(folder);
  } catch (error) {
    const { code, message } = TrainingError.from(error);
    throw new TrainingError(code, `${name}: ${message.replaceAll(`${folder}/`, "")}`, { cause: error });
  }
}

/** Refuses weights that the disk has no room for, before the first of them comes. */
async function assertRoom(folder: string, shards: readonly HubFile[], name: string): Promise<void> {
  const sizes = (await namesIn(folder))
    .filter((file) => shards.some((shard) => file === shard.name || file.startsWith(`${shard.name}.`)))
    .map(async (file) => ({ size: (await stat(join(folder, file))).size }));
  const missing = sizeOf(shards) - sizeOf(await Promise.all(sizes));
  const room = await freeBytesOf(folder);
  if (missing <= room) return;
  throw new TrainingError(
    "INSUFFICIENT_STORAGE",
    `${name} needs ${missing} bytes more, and the disk of ${dirname(folder)} has room for ${room}: free some, or name a folder on another (--out on the command line)`,
  );
}

/** Removes what has come of a model that is refused; after any other error the next pull goes on with it. */
async function orForgotten<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrainingError && error.code !== "INSUFFICIENT_STORAGE")
      await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes what pulls of other commits have left beside a folder. */
async function removeOlder(path: string): Promise<void> {
  const parent = dirname(path);
  const begin = `${staging(path)}-`;
  for (const left of await namesIn(parent)) {
    if (left.startsWith(begin) && /^[0-9a-f]{12}$/.test(left.slice(begin.length)))
      await rm(join(parent, left), { recursive: true, force: true });
  }
}

async function described(
  dir: string,
  files: readonly Pick<HubFile, "name" | "size">[],
  {
    home,
    name,
    commit,
    wasThere,
  }: Pick<PullOptions<HubFile>, "home"> & { name: string; commit: string; wasThere: boolean },
): Promise<PulledModel> {
  const weights = files.filter((file) => file.name.endsWith(".safetensors"));
  return {
    ...(await readConfigFacts(dir, name)),
    id: idOf(dir, home),
    path: dir,
    commit,
    parameters: await countParameters(weights.map((file) => join(dir, file.name))),
    bytes: sizeOf(files),
    licence: await readLicence(dir),
    wasThere,
  };
}

const idOf = (path: string, { exports }: Pick<Home, "exports">): string =>
  dirname(path) === exports ? exportedId(basename(path)) : path;

const conflict = (message: string) => new TrainingError("CONFLICT", message);
