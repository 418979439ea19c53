import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { Template } from "@huggingface/jinja";
import type { Tokenizer } from "@trainer/tokenizers";
import { z } from "zod";
import { SpelledSpecials, specialSpellings } from "./special-spellings.js";

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

/** A message of a prompt, which the system may have part in. */
export interface PromptMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** A conversation as a folder's own template writes it down, in ids. */
export class RenderedChat {
  readonly #source: string;
  readonly #template: Template;
  readonly #tokenizer: Tokenizer;
  /** Spellings of the special tokens that are text in messages. */
  readonly #spellings: readonly string[];

  /**
   * `specialTokens`: whether those that messages spell are these tokens; else they are text.
   * @throws Error for a template that is no Jinja, or uses what cannot be rendered here
   */
  constructor(source: string, tokenizer: Tokenizer, specialTokens: boolean) {
    this.#source = source;
    this.#template = new Template(source);
    this.#tokenizer = tokenizer;
    this.#spellings = specialTokens ? [] : specialSpellings(tokenizer);
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
    const spelled = new SpelledSpecials(this.#spellings, [this.#source, ...messages.map(({ content }) => content)]);
    const held = messages.map(({ role, content }) => ({ role, content: spelled.held(content) }));
    const parts = spelled.parts(renderChat(this.#template, this.#tokenizer, held, answer));
    return parts.flatMap(({ text, isSpelled }) =>
      Array.from(this.#tokenizer.encode(text, { specialTokens: !isSpelled })),
    );
  }
}

/** A conversation as a template writes it down; `answer`: with the beginning of the answer that is to come; `more` variables. */
export function renderChat(
  template: Template,
  tokenizer: Pick<Tokenizer, "specials" | "token">,
  messages: readonly { readonly role: string; readonly content: string }[],
  answer: boolean,
  more: Readonly<Record<string, string>> = {},
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
    ...more,
  });
}
