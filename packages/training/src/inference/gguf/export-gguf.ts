import { rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isFile, isFolder, temporaryBeside, writeText } from "@trainer/disk";
import { checkGguf, writeGgufModel, type ElementTypeName } from "@trainer/models";
import { tokenizerToGguf } from "@trainer/tokenizers";
import { TrainingError } from "../../errors.js";
import type { FetchContext } from "../../home/data-bank.js";
import type { Home } from "../../home/home.js";
import { RenderedChat } from "../../conversation/chat-template.js";
import { openModel, type OpenModel } from "../open-model.js";
import { modelfile } from "./modelfile.js";
import { ollamaTemplate } from "./ollama-template.js";
import { tokenizerKeys } from "./tokenizer-keys.js";

export interface ExportGgufOptions extends FetchContext {
  readonly home: Home;
  /** Type of the matrices. */
  readonly type: ElementTypeName;
  /** Replaces files that are there. */
  readonly force?: boolean;
}

export interface ExportedGguf {
  readonly path: string;
  readonly bytes: number;
  /** The file by which ollama takes the model. */
  readonly modelfile: string;
  /** Differences that remain. */
  readonly notes: readonly string[];
}

/** What ollama has for a model without a chat template: the text as it was typed. */
const PLAIN = "{{ .Prompt }}";

/**
 * Writes a run, or any model that `openModel` takes, as one GGUF file with its tokenizer, for llama.cpp and what is built
 * on it, and a Modelfile beside it for ollama. Each appears whole or not at all.
 *
 * Errors: those of `openModel`; UNSUPPORTED_BACKEND for what llama.cpp does not have, naming it, before anything is
 * written; CONFLICT where a file is in the way; INVALID_INPUT for a name that does not end in .gguf.
 */
export async function exportGguf(
  ref: string,
  out: string,
  { type, force = false, ...context }: ExportGgufOptions,
): Promise<ExportedGguf> {
  const path = resolve(out);
  if (!path.endsWith(".gguf"))
    throw new TrainingError("INVALID_INPUT", `${path} does not end in .gguf, by which programs know such a file`);
  const beside = path.replace(/\.gguf$/, ".Modelfile");
  for (const file of [path, beside]) await assertFree(file, force);
  using opened = await openModel(ref, { ...context, device: "cpu" });
  if (opened.weights === path) throw conflict(`${path} is the model itself; name another file to write to`);
  const name = opened.id ?? basename(path, ".gguf");
  checkGguf(opened.model);
  const { metadata, spelled, template, notes } = textSide(opened);
  await using temporary = await temporaryBeside(dirname(path)); // which the next export finds if this one is killed
  const made = join(temporary.path, basename(path));
  const { bytes, inHalf } = await writeGgufModel(made, opened.model, { type, name, metadata });
  await rename(made, path);
  const facts = { file: basename(path), template: template ?? PLAIN, contextLength: opened.contextLength };
  await writeText(beside, modelfile({ ...facts, stops: spelled }));
  return { path, bytes, modelfile: beside, notes: [...notes, ...halfNote(inHalf)] };
}

async function assertFree(file: string, force: boolean): Promise<void> {
  if (await isFolder(file)) throw conflict(`${file} is a folder; name a file to write to`);
  if (!force && (await isFile(file)))
    throw conflict(`${file} exists; name a new file, or replace it by force (--force on the command line)`);
}

/** What a file says of texts. */
function textSide(opened: OpenModel) {
  const { model, tokenizer, eosId, chatTemplate } = opened;
  const gguf = tokenizerToGguf(tokenizer, { vocabSize: model.vocabSize, eosId });
  const ends = endsOf(opened);
  const spelled = ends.map((end) => tokenizer.token(end));
  const further = ends.filter((end) => end !== gguf.eos);
  const begin = gguf.addBos ? tokenizer.token(gguf.bos) : "";
  const template = chatTemplate === null ? null : ollamaTemplate(chatTemplate, tokenizer, begin);
  const notes = [
    ...gguf.notes,
    ...(chatTemplate !== null && template === null
      ? ["The chat template is in the file for llama.cpp; ollama's language cannot say it, and gets the bare prompt."]
      : []),
    ...(further.length > 2
      ? [`llama.cpp is told of three of the ${ends.length} tokens that end a text; ollama of all.`]
      : []),
  ];
  return { metadata: tokenizerKeys(gguf, { ends: further, chatTemplate }), spelled, template, notes };
}

/** The tokens that end a text, and the one that ends an answer of the chat template. */
function endsOf({ ends, chatTemplate, tokenizer }: OpenModel): number[] {
  const answer = chatTemplate === null ? null : endOfAnswer(chatTemplate, tokenizer);
  return [...new Set([...ends, ...(answer === null ? [] : [answer])])];
}

function endOfAnswer(chatTemplate: string, tokenizer: OpenModel["tokenizer"]): number | null {
  try {
    return new RenderedChat(chatTemplate, tokenizer, false).endOfAnswer();
  } catch {
    return null; // one that is no Jinja
  }
}

const halfNote = (inHalf: readonly string[]): string[] =>
  inHalf.length === 0
    ? []
    : [`${inHalf.length} matrices are in f16: their rows are no multiple of the 32 numbers of a block of q8_0.`];

const conflict = (message: string) => new TrainingError("CONFLICT", message);
