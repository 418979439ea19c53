import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { Template } from "@huggingface/jinja";
import type { Tokenizer } from "@trainer/tokenizers";
import { z } from "zod";
import type { PromptMessage } from "./chat.js";

const Named = z.array(z.looseObject({ name: z.string(), template: z.string() }));
const Config = z.looseObject({ chat_template: z.union([z.string(), Named]) });

/** The chat template of a folder: chat_template.jinja, or what tokenizer_config.json has; null where there is none. */
export async function readChatTemplate(dir: string): Promise<string | null> {
  const file = await textIn(join(dir, "chat_template.jinja"));
  if (file !== null) return file;
  const config = Config.safeParse(parsed((await textIn(join(dir, "tokenizer_config.json"))) ?? ""));
  if (!config.success) return null;
  const { chat_template: template } = config.data;
  if (typeof template === "string") return template;
  return template.find(({ name }) => name === "default")?.template ?? null;
}

const textIn = (path: string): Promise<string | null> => unlessAbsent(readFile(path, "utf8"));

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);

/** First placeholder: characters for private use, which no text here contains. */
const PRIVATE = 0xf0000;

/** A conversation as a folder's own template writes it down, in ids. */
export class RenderedChat {
  readonly #source: string;
  readonly #template: Template;
  readonly #tokenizer: Tokenizer;
  readonly #specialTokens: boolean;
  /** Spellings of the special tokens. */
  readonly #spellings: readonly string[];

  /**
   * `specialTokens`: whether those that messages spell are these tokens; else they are text.
   * @throws Error for a template that is no Jinja, or uses what cannot be rendered here
   */
  constructor(source: string, tokenizer: Tokenizer, specialTokens: boolean) {
    this.#source = source;
    this.#template = new Template(source);
    this.#tokenizer = tokenizer;
    this.#specialTokens = specialTokens;
    const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => tokenizer.isSpecial(id));
    this.#spellings = ids
      .map((id) => tokenizer.token(id))
      .filter((token) => token !== "")
      .toSorted((a, b) => b.length - a.length);
  }

  /** The prompt for an answer to the last message. */
  prompt(messages: readonly PromptMessage[]): number[] {
    return this.#encode(messages, true);
  }

  /** The special token by which the template ends an answer; null where there is none. */
  endOfAnswer(): number | null {
    const mark = "x";
    const turn: PromptMessage[] = [{ role: "user", content: mark }];
    try {
      const prompted = this.#encode(turn, true);
      const answered = this.#encode([...turn, { role: "assistant", content: mark }], false);
      const goesOn = prompted.every((id, i) => answered[i] === id);
      const after = answered.slice(prompted.length).find((id) => this.#tokenizer.isSpecial(id));
      return goesOn ? (after ?? null) : null;
    } catch {
      return null;
    }
  }

  #encode(messages: readonly PromptMessage[], answer: boolean): number[] {
    const count = this.#spellings.length;
    if (this.#specialTokens || count === 0) return this.#ids(this.#render(messages, answer));
    // A special token that a message spells is taken out of it, and put back as text where the template has its place.
    const first = placeholdersFrom([this.#source, ...messages.map(({ content }) => content)], count);
    const held = messages.map(({ role, content }) => ({ role, content: this.#withPlaceholders(content, first) }));
    const parts = this.#render(held, answer).split(
      new RegExp(`([\\u{${first.toString(16)}}-\\u{${(first + count - 1).toString(16)}}])`, "u"),
    );
    return parts.flatMap((part, i) => {
      if (i % 2 === 0) return this.#ids(part);
      const spelled = this.#spellings.filter((_, at) => part.codePointAt(0) === first + at);
      return spelled.flatMap((spelling) => Array.from(this.#tokenizer.encode(spelling)));
    });
  }

  #ids(text: string): number[] {
    return text === "" ? [] : [...this.#tokenizer.encode(text, { specialTokens: true })];
  }

  #withPlaceholders(content: string, first: number): string {
    const spelled = new RegExp(this.#spellings.map((spelling) => escaped(spelling)).join("|"), "gu");
    return content.replace(spelled, (found) => String.fromCodePoint(first + this.#spellings.indexOf(found)));
  }

  #render(messages: readonly PromptMessage[], answer: boolean): string {
    return renderChat(this.#template, this.#tokenizer, messages, answer);
  }
}

/** A conversation as a template writes it down; `answer`: with the beginning of the answer that is to come. */
export function renderChat(
  template: Template,
  tokenizer: Pick<Tokenizer, "specials" | "token">,
  messages: readonly { readonly role: string; readonly content: string }[],
  answer: boolean,
): string {
  const { bos, eos, pad, unk } = tokenizer.specials;
  const spelled = (id: number | null) => (id === null ? "" : tokenizer.token(id));
  return template.render({
    messages: messages.map((message) => ({ ...message })),
    add_generation_prompt: answer,
    bos_token: spelled(bos),
    eos_token: spelled(eos),
    pad_token: spelled(pad),
    unk_token: spelled(unk),
    tools: null,
    documents: null,
  });
}

/** The first of so many characters for private use that no text has. */
function placeholdersFrom(texts: readonly string[], count: number): number {
  const points = new Set(texts.flatMap((text) => Array.from(text, (char) => Number(char.codePointAt(0)))));
  let first = PRIVATE;
  for (const point of [...points].toSorted((a, b) => a - b)) {
    if (point >= first && point < first + count) first = point + 1;
  }
  return first;
}
