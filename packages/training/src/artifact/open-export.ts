import type { Writable } from "node:stream";
import { isId } from "@trainer/disk";
import { ADAPTER_CONFIG, ADAPTER_FILE, familyInfo, WEIGHTS_FILE } from "@trainer/models/capabilities";
import { COMPANIONS, tokenizerFiles } from "@trainer/tokenizers/capabilities";
import { headerLength, LENGTH_BYTES, parseHeader } from "@trainer/torch/capabilities";
import { z } from "zod";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import type { RunManifest } from "../home/manifest.js";
import { readStanding } from "../home/read-standing.js";
import { hasBegun, runFolder } from "../home/run-folder.js";
import { isArchived } from "../home/run-log-files.js";
import type { FetchContext } from "../home/data-bank.js";
import { acquireRun } from "./ensure-run.js";
import { exportNotes } from "./export-notes.js";
import { modelCard } from "./model-card.js";
import { OpenFiles, type OpenFile } from "./open-files.js";
import { tarBytes, writeTar, type TarEntry } from "./tar/write-tar.js";

export interface ExportChoice {
  /** The run's LoRA adapter alone, in PEFT's format, in place of the model. */
  readonly adapter?: boolean;
}

/** A run's model as the folder that other programs load, open to be sent as one file. */
export interface OpenExport extends AsyncDisposable {
  /** Name of the folder. */
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Size of the archive. */
  readonly bytes: number;
  /** Limits of other programs with it, and their requirements. */
  readonly notes: readonly string[];
  /** Writes the archive into `to`, a tar, and ends that: the same bytes each time. Memory does not grow with the model. */
  writeTo(to: Writable): Promise<void>;
}

/**
 * Opens a completed run's model as `exportRun` writes it, without native code: a run's folder holds that model already, and
 * the card alone is written anew. One that was cleaned away is brought back first. Until it is disposed of, the files stay
 * readable whatever becomes of the run.
 *
 * @throws TrainingError RUN_NOT_FOUND; DATA_NOT_FOUND for a run whose files are not here; CONFLICT for one that is not
 * completed, or damaged; MODEL_NOT_FOUND for a run without an adapter; UNSUPPORTED_BACKEND for an unknown family. No
 * message of these names a path. For a run that cannot be brought back, the errors of `fetchRun`.
 */
export async function openExport(
  home: Home,
  runId: string,
  { adapter = false }: ExportChoice = {},
  source: FetchContext = {},
): Promise<OpenExport> {
  if (!isId(runId)) throw new TrainingError("RUN_NOT_FOUND", "run not found");
  using _here = source.dataBank && (await keptHere(home, runId, source));
  const manifest = await completed(home, runId);
  const { path, adapter: adapterPath } = runFolder(home.root, runId);
  const open = new OpenFiles(adapter ? adapterPath : path);
  try {
    const { name, contents, notes } = adapter ? await adapterOf(open, runId) : await modelOf(open, runId, manifest);
    const finished = new Date(manifest.finished_at ?? manifest.started_at);
    const files = contents.toSorted((a, b) => a.bytes - b.bytes); // the weights last: what is small is there at once
    const entries: TarEntry[] = files.map((file) => ({ ...file, name: `${name}/${file.name}`, modified: finished }));
    return {
      name,
      files: files.map(({ name, bytes }) => ({ name, bytes })),
      bytes: tarBytes(entries),
      notes,
      writeTo: (to) => writeTar(entries, to),
      [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
    };
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}

/** Brings a run back that lies in the file service alone; no cleanup takes it away until this is disposed of. */
async function keptHere(home: Home, runId: string, source: FetchContext): Promise<Disposable | undefined> {
  try {
    return await acquireRun(runId, { home, ...source });
  } catch (error) {
    if (TrainingError.from(error).code === "RUN_NOT_FOUND") return undefined; // why it is not here is said elsewhere
    throw error;
  }
}

/** The manifest of a run that is completed and lies here. */
async function completed(home: Home, runId: string): Promise<RunManifest> {
  const folder = runFolder(home.root, runId);
  if (await isArchived(home, runId)) {
    const message = `run ${runId} was cleaned away: its files are in the file service alone, and this server is not told where that is`;
    throw new TrainingError("DATA_NOT_FOUND", message);
  }
  if (!(await hasBegun(folder))) {
    const message = `run ${runId} has no files here: it has not begun, or lies on another machine`;
    throw new TrainingError("DATA_NOT_FOUND", message);
  }
  const standing = await readStanding(folder).catch((cause: unknown) => {
    throw damaged(runId, "its manifest.json cannot be read", cause);
  });
  if (standing === null) throw damaged(runId, "its manifest.json is missing");
  const { manifest, left } = standing;
  if (manifest.status === "completed") return manifest;
  const status = left ? "interrupted" : manifest.status;
  const then = status === "running" ? "wait until it is completed" : "resume it, and wait until it is completed";
  throw new TrainingError("CONFLICT", `run ${runId} is ${status}, and only a completed run is exported: ${then}`);
}

interface Contents {
  readonly name: string;
  readonly contents: readonly Content[];
  readonly notes: readonly string[];
}

type Content = Omit<TarEntry, "modified">;

async function modelOf(open: OpenFiles, runId: string, manifest: RunManifest): Promise<Contents> {
  const need = async (name: string) => (await open.open(name)) ?? missing(runId, name);
  const weights = await need(WEIGHTS_FILE);
  await checkTensors(weights, runId);
  const config = await need("config.json");
  const info = familyInfo(manifest.model_family);
  if (info === null) {
    const message = `run ${runId} is a ${manifest.model_family}, which a plugin brings that is not loaded here`;
    throw new TrainingError("UNSUPPORTED_BACKEND", message);
  }
  const value = await jsonIn(config, runId);
  const outline = soundly(runId, () => info.storedOutline(z.looseObject({}).parse(value), config.name));
  const tokenizer = (await firstOf(open, tokenizerFiles)) ?? missing(runId, tokenizerFiles.join(" or "));
  const kind = tokenizer.name.endsWith(".json") ? kindOf(await jsonIn(tokenizer, runId)) : "sentencepiece";
  const facts = { id: runId, model: { family: manifest.model_family, outline }, tokenizer: { kind }, manifest };
  const beside = await allOf(open, ["generation_config.json", ...COMPANIONS]);
  const card = Buffer.from(modelCard(facts, runId));
  return {
    name: runId,
    contents: [...[weights, config, tokenizer, ...beside].map(content), { name: "README.md", ...inMemory(card) }],
    notes: exportNotes(facts),
  };
}

async function adapterOf(open: OpenFiles, runId: string): Promise<Contents> {
  const files = await allOf(open, [ADAPTER_CONFIG, ADAPTER_FILE]);
  const weights = files.find(({ name }) => name === ADAPTER_FILE);
  if (files.length < 2 || weights === undefined) {
    const message = `run ${runId} has no adapter: only runs with a LoRA rank train one`;
    throw new TrainingError("MODEL_NOT_FOUND", message);
  }
  await checkTensors(weights, runId);
  return { name: `${runId}-adapter`, contents: files.map(content), notes: [] };
}

async function firstOf(open: OpenFiles, names: readonly string[]): Promise<OpenFile | null> {
  for (const name of names) {
    const found = await open.open(name);
    if (found !== null) return found;
  }
  return null;
}

async function allOf(open: OpenFiles, names: readonly string[]): Promise<OpenFile[]> {
  const found = await Promise.all(names.map((name) => open.open(name)));
  return found.filter((file) => file !== null);
}

const content = ({ name, bytes, handle }: OpenFile): Content => ({
  name,
  bytes,
  content: () =>
    bytes === 0 ? [] : handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false, highWaterMark: 1 << 18 }),
});

const inMemory = (bytes: Buffer) => ({ bytes: bytes.length, content: () => [bytes] });

/** A file that was cut off, or is none, is no model; its numbers themselves are not read. */
async function checkTensors({ name, bytes, handle }: OpenFile, runId: string): Promise<void> {
  const read = async (at: number, length: number) => {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
  const start = await read(0, LENGTH_BYTES);
  const length = soundly(runId, () => headerLength(start, bytes, name));
  const header = await read(LENGTH_BYTES, length);
  soundly(runId, () => parseHeader(header, bytes, name));
}

async function jsonIn({ name, bytes, handle }: OpenFile, runId: string): Promise<unknown> {
  const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
  return soundly(runId, () => parsed(buffer.toString(), name));
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${name} is not JSON`, { cause });
  }
}

const Kind = z.looseObject({ kind: z.string() });

/** Kind of a tokenizer.json that says so, as those do that are not Hugging Face's. */
const kindOf = (json: unknown): string => Kind.safeParse(json).data?.kind ?? "bpe";

function soundly<T>(runId: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw damaged(runId, TrainingError.from(cause).message, cause);
  }
}

function missing(runId: string, name: string): never {
  throw damaged(runId, `it has no ${name}`);
}

const damaged = (runId: string, why: string, cause?: unknown) =>
  new TrainingError("CONFLICT", `run ${runId} is damaged and cannot be exported: ${why}`, { cause });
