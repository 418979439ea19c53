import { at } from "@trainer/disk";
import { Template } from "@huggingface/jinja";
import type { Tokenizer } from "@trainer/tokenizers";
import type { Turn } from "../corpus/conversation.js";
import { renderChat } from "./chat-template.js";
import { specialSpellings, SpelledSpecials, unusedCharacters, type WrittenPart } from "./special-spellings.js";

/** A conversation in ids, and which of them a model learns to write. */
export interface EncodedConversation {
  readonly ids: readonly number[];
  /** One for each id: true within an answer that is learnt, its end included. */
  readonly trained: readonly boolean[];
  /** The text that the ids are of. */
  readonly text: string;
}

/** Part of a written text, in UTF-16 units. */
interface Span {
  readonly start: number;
  readonly end: number;
}

interface Written {
  readonly text: string;
  /** Answers that are learnt. */
  readonly answers: readonly Span[];
}

interface Marks {
  readonly begins: string;
  readonly ends: string;
}

type Wrong = { readonly wrong: string };

/** Tags around what an assistant writes, by which transformers tells it too. */
const TAG = /\{%(-?)\s*(end)?generation\s*(-?)%\}/gu;
const BEGINS = "trainer_answer_begins";
const ENDS = "trainer_answer_ends";

/**
 * Conversations by a chat template, with the answers told from the rest: by the template's tags `{% generation %}`, else
 * by what it writes in addition once a turn is answered, up to the special token that ends it, or by the answer's own
 * text where earlier turns are written otherwise than the last. A token that is an answer's in part is learnt, as in
 * transformers. Turns after the last answer that is learnt are left out.
 */
export class ConversationEncoder {
  readonly #source: string;
  readonly #template: Template;
  readonly #isTagged: boolean;
  readonly #tokenizer: Tokenizer;
  readonly #specials: readonly string[];
  readonly #specialTokens: boolean;

  /**
   * `specialTokens`: whether those that messages spell are these tokens; else they are text.
   * @throws Error for a template that is no Jinja, or uses what cannot be rendered here
   */
  constructor(source: string, tokenizer: Tokenizer, specialTokens: boolean) {
    const marked = source.replaceAll(
      TAG,
      (_, before: string, end: string | undefined, after: string) =>
        `{%${before} if true %}{{ ${end === undefined ? BEGINS : ENDS} }}{% endif ${after}%}`,
    );
    this.#source = source;
    this.#template = new Template(marked);
    this.#isTagged = marked !== source;
    this.#tokenizer = tokenizer;
    this.#specials = specialSpellings(tokenizer);
    this.#specialTokens = specialTokens;
  }

  /** A conversation with an answer to learn, or why its answers cannot be told. */
  encode(conversation: readonly Turn[]): EncodedConversation | Wrong {
    const turns = conversation.slice(0, conversation.findLastIndex(({ trained }) => trained) + 1);
    const texts = [this.#source, ...turns.map(({ content }) => content)];
    const spelled = new SpelledSpecials(this.#specialTokens ? [] : this.#specials, texts);
    const written = this.#written(
      turns.map(({ role, content, trained }) => ({ role, content: spelled.held(content), trained })),
    );
    if ("wrong" in written) return written;
    const parts = spelled.parts(written.text);
    const tokens = parts.flatMap((part) => this.#tokens(part));
    const isLearnt = (token: Span) => written.answers.some(({ start, end }) => start < token.end && token.start < end);
    const trained = tokens.map(isLearnt);
    if (!trained.includes(true)) return { wrong: "the chat template writes nothing of the answers" };
    return { ids: tokens.map(({ id }) => id), trained, text: parts.map(({ text }) => text).join("") };
  }

  #written(turns: readonly Turn[]): Written | Wrong {
    try {
      return this.#isTagged ? this.#byTags(turns) : this.#byPrefixes(turns);
    } catch (error) {
      const reason = String(error).replace(/^Error: /u, "");
      return { wrong: `the chat template does not take this conversation: ${reason}` };
    }
  }

  #byTags(turns: readonly Turn[]): Written | Wrong {
    const marks = this.#marks(turns);
    const { text, spans } = cut(this.#render(turns, false, { [BEGINS]: marks.begins, [ENDS]: marks.ends }), marks);
    const answers = turns.filter(({ role }) => role === "assistant");
    if (spans.length !== answers.length) {
      const what = `the chat template has ${spans.length} parts between {% generation %} and {% endgeneration %}`;
      return { wrong: `${what} for ${answers.length} answers: expected one for each` };
    }
    return { text, answers: spans.filter((_, i) => at(answers, i).trained) };
  }

  /** By marks around the texts of answers; null where these change what else is written. */
  #byTexts(turns: readonly Turn[]): Written | null {
    const marks = this.#marks(turns);
    const marked = turns.map(({ role, content, trained }) => {
      const core = content.trim();
      const around = core === "" ? content : content.replace(core, () => `${marks.begins}${core}${marks.ends}`);
      return { role, content: trained ? around : content, trained };
    });
    const { text, spans } = cut(this.#render(marked, false), marks);
    const isWhole = spans.length === turns.filter(({ trained }) => trained).length;
    if (!isWhole || text !== this.#render(turns, false)) return null;
    return { text, answers: this.#ended(text, spans) };
  }

  /** Answers with the special token behind them: the one behind the last, after which no turn begins. */
  #ended(text: string, answers: readonly Span[]): Span[] {
    const rests = answers.map(({ end }) => text.slice(end).trimStart());
    const ending = this.#specials.find((token) => rests.at(-1)?.startsWith(token));
    return answers.map(({ start, end }, i) => {
      const rest = at(rests, i);
      const isEnded = ending !== undefined && rest.startsWith(ending);
      return { start, end: isEnded ? text.length - rest.length + ending.length : end };
    });
  }

  /** Characters for the borders of answers. */
  #marks(turns: readonly Turn[]): Marks {
    const first = unusedCharacters([this.#source, ...turns.map(({ content }) => content)], 2);
    return { begins: String.fromCodePoint(first), ends: String.fromCodePoint(first + 1) };
  }

  #byPrefixes(turns: readonly Turn[]): Written | Wrong {
    const text = this.#render(turns, false);
    const answers: Span[] = [];
    for (const [i, { trained }] of turns.entries()) {
      if (!trained) continue;
      const prompt = this.#render(turns.slice(0, i), true);
      const answered = i === turns.length - 1 ? text : this.#render(turns.slice(0, i + 1), false);
      const end = this.#endOfAnswer(answered, prompt.length);
      if (!answered.startsWith(prompt) || !text.startsWith(answered.slice(0, end))) {
        const told = this.#byTexts(turns);
        if (told !== null) return told;
        const what = `the chat template writes turn ${i + 1} or what is before it otherwise once it is answered`;
        return { wrong: `${what}: put {% generation %} and {% endgeneration %} around answers in it` };
      }
      answers.push({ start: prompt.length, end });
    }
    return { text, answers };
  }

  /** The end of an answer that begins at `start`: behind the first of the special tokens that a text ends with, if any. */
  #endOfAnswer(text: string, start: number): number {
    let end = text.length;
    for (let answer = text.slice(start).trimEnd(); ; answer = answer.trimEnd()) {
      const special = this.#specials.find((token) => answer.endsWith(token));
      if (special === undefined) return end;
      end = start + answer.length;
      answer = answer.slice(0, -special.length);
    }
  }

  #render(turns: readonly Turn[], answer: boolean, marks: Readonly<Record<string, string>> = {}): string {
    const messages = turns.map(({ role, content }) => ({ role, content }));
    return renderChat(this.#template, this.#tokenizer, messages, answer, marks);
  }

  #tokens({ text, isSpelled, start, end }: WrittenPart): (Span & { readonly id: number })[] {
    if (isSpelled) return Array.from(this.#tokenizer.encode(text), (id) => ({ id, start, end }));
    const { ids, offsets } = this.#tokenizer.encodeWithOffsets(text, { specialTokens: true });
    return Array.from(ids, (id, i) => ({
      id,
      start: start + Number(offsets[2 * i]),
      end: start + Number(offsets[2 * i + 1]),
    }));
  }
}

/** A text without its marks, and the parts that were between two of them. */
function cut(marked: string, { begins, ends }: Marks): { readonly text: string; readonly spans: readonly Span[] } {
  const spans: Span[] = [];
  let text = "";
  let start: number | null = null;
  for (const piece of marked.split(new RegExp(`(${begins}|${ends})`, "u"))) {
    if (piece === begins) start = text.length;
    else if (piece === ends) {
      if (start !== null) spans.push({ start, end: text.length }); // a template may have cut its beginning out
      start = null;
    } else text += piece;
  }
  return { text, spans };
}
