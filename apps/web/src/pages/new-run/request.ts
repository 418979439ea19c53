import { PlanRequest, TrainRequest, type Capabilities } from "@trainer/platform/browser";
import type { Draft } from "./draft.js";
import { fieldOf, fields, type Field, type Scalar, type Value } from "./fields.js";
import { presetNamed } from "./presets.js";

/** Settings that name the text to train on, of which one is given. */
export const CORPUS_SETTINGS = ["corpus_path", "corpus_paths", "corpus_file_id"];

/** Settings as they are written, by their names in requests. */
export type Texts = Readonly<Record<string, string>>;

/** A request of a training: what differs from the service's defaults. */
export type Request = Readonly<Record<string, Value | Readonly<Record<string, Scalar>>>>;

/** What is wrong with settings, by their names. */
export type Problems = ReadonlyMap<string, string>;

/** Settings of a tokenizer that is trained: without effect where there is one. */
const OF_NEW_TOKENIZER = ["tokenizer_method", "vocab_size", "min_frequency"];
/** Without effect where there are weights. */
const OF_NEW_MODEL = [...OF_NEW_TOKENIZER, "max_seq_len"];

/** The settings of a draft: its own over those of its preset, and the kind of tokenizer that suits its model. */
export function textsOf(draft: Draft, capabilities: Capabilities | undefined): Texts {
  const { plan, values } = draft;
  const preset = presetNamed(draft.preset).values(draft.bytes);
  const texts = { ...(plan === null ? preset : { ...readingIn(preset), ...plan.values }), ...values };
  if (isGiven(texts, "pretrained_run_id")) return without(texts, OF_NEW_MODEL);
  if (isGiven(texts, "tokenizer_id")) return without(texts, OF_NEW_TOKENIZER);
  if (isGiven(texts, "tokenizer_method")) return texts;
  return { ...texts, tokenizer_method: familyOf(texts, capabilities)?.tokenizer_method ?? "bpe" };
}

/** How a preset has the text read: a plan leaves that as it is. */
export const readingIn = (preset: Texts): Texts =>
  Object.fromEntries(Object.entries(preset).filter(([name]) => name === "document" || name === "document_separator"));

/** Own dimensions over those of a plan. */
export const dimensionsOf = ({ plan, dimensions }: Draft): Texts => ({ ...plan?.dimensions, ...dimensions });

const without = (texts: Texts, names: readonly string[]): Texts =>
  Object.fromEntries(Object.entries(texts).filter(([name]) => !names.includes(name)));

/** True for a setting that says something. */
export const isGiven = (texts: Texts, name: string): boolean => (texts[name] ?? "").trim() !== "";

/** A setting, or the service's default. */
export const settingOf = (texts: Texts, name: string): string =>
  isGiven(texts, name) ? String(texts[name]).trim() : (fieldOf(name)?.preset ?? "");

export type Family = Capabilities["model_families"][number];

/** The architecture that settings name. */
export function familyOf(texts: Texts, capabilities: Capabilities | undefined): Family | undefined {
  const name = settingOf(texts, "model_family");
  return capabilities?.model_families.find((family) => family.name === name);
}

/** The request that says a draft. What cannot be read is in it as it is written, for the schema to refuse. */
export function requestOf(draft: Draft, capabilities: Capabilities | undefined): Request {
  const texts = textsOf(draft, capabilities);
  const given = fields.flatMap((field) => {
    const text = (texts[field.name] ?? "").trim();
    const value = text === "" ? undefined : valueOf(field, text);
    return value === undefined || value === field.facts.default ? [] : [[field.name, value] as const];
  });
  return { ...Object.fromEntries(given), ...configOf(dimensionsOf(draft)) };
}

/** The question for the plan of a draft: what is written in it, a default too, and nothing else of its preset. */
export function planRequestOf(draft: Draft, seconds: number): Request {
  const texts = { ...readingIn(presetNamed(draft.preset).values(draft.bytes)), ...draft.values };
  const said = isGiven(texts, "tokenizer_id") ? without(texts, OF_NEW_TOKENIZER) : texts;
  const given = fields.flatMap((field) => {
    const isAsked = field.name in PlanRequest.shape && isGiven(said, field.name);
    return isAsked ? [[field.name, valueOf(field, settingOf(said, field.name))] as const] : [];
  });
  return { ...Object.fromEntries(given), ...configOf(draft.dimensions), seconds };
}

function configOf(dimensions: Texts): Request {
  const given = Object.entries(dimensions).filter(([, text]) => text.trim() !== "");
  if (given.length === 0) return {};
  return { model_config: Object.fromEntries(given.map(([name, text]) => [name, dimensionOf(text.trim())])) };
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

function valueOf({ facts: { kind } }: Field, text: string): Value {
  if (kind === "list") return text.split(",").map((name) => name.trim());
  if (kind === "boolean") return WORDS.get(text) ?? text;
  return kind === "integer" || kind === "number" ? numberOf(text) : text;
}

const dimensionOf = (text: string): Scalar => WORDS.get(text) ?? numberOf(text);

const numberOf = (text: string): Scalar => (NUMBER.test(text) ? Number(text) : text);

/** What the service would refuse of a request, in its words. */
export function problemsOf(request: Request): Problems {
  const issues = TrainRequest.safeParse(request).error?.issues ?? [];
  const problems = issues.map(({ path: [name, ...within], message }) => {
    return [settingNamed(String(name)), [...within.map(String), message].join(" ")] as const;
  });
  const hasText = CORPUS_SETTINGS.some((name) => name in request);
  return new Map([...problems, ...(hasText ? [] : [["corpus_path", "choose a text to train on"] as const])]);
}

/** What is wrong with the text, by whatever name, stands where it is chosen. */
const settingNamed = (name: string): string => (name === "corpus_file_id" ? "corpus_path" : name);

/** A refusal of the service by the setting that it begins with, and its other words; null where it names none. */
export function refusedField(message: string): readonly [name: string, words: string] | null {
  const [, word = "", words = ""] = /^(\w+)(?:\.\w+)?:? +(.*)$/s.exec(message) ?? [];
  const name = settingNamed(word);
  return name === "model_config" || fields.some((field) => field.name === name) ? [name, words] : null;
}
