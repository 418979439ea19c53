import { Template } from "@huggingface/jinja";
import type { Tokenizer } from "@trainer/tokenizers";
import { renderChat } from "../../conversation/chat-template.js";

/** Messages that no template changes; what stands around them is the template's. */
const SYSTEM = "\u27e6system\u27e7";
const USER = "\u27e6user\u27e7";
const ANSWER = "\u27e6answer\u27e7";
const SECOND = "\u27e6second\u27e7";

/**
 * A chat template in Go's template language, as ollama wants it, from one in Jinja: told by what that makes of a few
 * conversations. Null for one whose turns depend on anything but who speaks, or that cannot be rendered. `begin`: what the
 * program itself puts before a text, and a template must not.
 */
export function ollamaTemplate(
  source: string,
  tokenizer: Pick<Tokenizer, "specials" | "token">,
  begin: string,
): string | null {
  try {
    const template = new Template(source);
    const render = (messages: readonly (readonly [role: string, content: string])[], answer: boolean) => {
      const turns = messages.map(([role, content]) => ({ role, content }));
      const whole = renderChat(template, tokenizer, turns, answer);
      return after(begin, whole) ?? whole;
    };
    return turnsOf(render);
  } catch {
    return null;
  }
}

type Render = (messages: readonly (readonly [role: string, content: string])[], answer: boolean) => string;

function turnsOf(render: Render): string | null {
  const user = ["user", USER] as const;
  const answered = [user, ["assistant", ANSWER]] as const;
  const asked = render([user], false);
  const prompt = after(asked, render([user], true));
  const answer = around(ANSWER, after(asked, render(answered, false)));
  const second = around(SECOND, after(render(answered, false), render([...answered, ["user", SECOND]], true)));
  const first = around(USER, asked);
  if (prompt === null || answer === null || second === null || first === null) return null;
  const head = before(second.before, first.before);
  if (head === null || second.after !== first.after + prompt) return null;
  const system = systemOf(render, `${second.before}${USER}${first.after}`);
  const parts = { head, prompt, user: { ...first, before: second.before }, answer, system };
  const said = isSayable(parts) ? template(parts) : null;
  return said === null || /"""|^"|"$/.test(said) ? null : said;
}

interface Around {
  readonly before: string;
  readonly after: string;
}

interface Parts {
  /** Before a conversation without a system message. */
  readonly head: string;
  readonly user: Around;
  readonly answer: Around;
  /** Null: a template without system messages. */
  readonly system: Around | null;
  readonly prompt: string;
}

function systemOf(render: Render, turn: string): Around | null {
  try {
    return around(
      SYSTEM,
      before(
        turn,
        render(
          [
            ["system", SYSTEM],
            ["user", USER],
          ],
          false,
        ),
      ),
    );
  } catch {
    return null; // templates refuse what they have no place for
  }
}

/** What Go's templates take as it is. */
const isSayable = ({ head, user, answer, system, prompt }: Parts): boolean =>
  [head, user, answer, ...(system === null ? [] : [system]), prompt].every((part) => {
    const text = typeof part === "string" ? part : part.before + part.after;
    return !/\{\{|\}\}|\u27e6/u.test(text);
  });

function template({ head, user, answer, system, prompt }: Parts): string {
  const opening =
    system === null ? head : `{{ if .System }}${system.before}{{ .System }}${system.after}{{ else }}${head}{{ end }}`;
  const turn = ({ before, after }: Around) => `${before}{{ .Content }}${after}`;
  return (
    `${opening}{{ range .Messages }}{{ if eq .Role "user" }}${turn(user)}` +
    `{{ else if eq .Role "assistant" }}${turn(answer)}{{ end }}{{ end }}${prompt}`
  );
}

/** What follows a beginning; null where a text does not begin so. */
const after = (beginning: string, text: string): string | null =>
  text.startsWith(beginning) ? text.slice(beginning.length) : null;

/** What stands before an end. */
const before = (end: string, text: string): string | null =>
  text.endsWith(end) ? text.slice(0, text.length - end.length) : null;

/** What stands on both sides of a message that is there once. */
function around(message: string, text: string | null): Around | null {
  const [left, right, more] = text?.split(message) ?? [];
  return left === undefined || right === undefined || more !== undefined ? null : { before: left, after: right };
}
