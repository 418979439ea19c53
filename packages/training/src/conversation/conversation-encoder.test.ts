import { fileURLToPath } from "node:url";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Turn } from "../corpus/conversation.js";
import { CHATML, CHATML_TOKENS } from "./chatml.js";
import { RenderedChat } from "./chat-template.js";
import { ConversationEncoder, type EncodedConversation } from "./conversation-encoder.js";

const fixture = (name: string) => loadTokenizer(fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url)));
const tokenizer = await fixture("framed-qwen2");
const pieces = await fixture("framed-llama");

const user = (content: string): Turn => ({ role: "user", content, trained: false });
const system = (content: string): Turn => ({ role: "system", content, trained: false });
const answer = (content: string, trained = true): Turn => ({ role: "assistant", content, trained });

interface Ways {
  readonly of?: Tokenizer;
  readonly specialTokens?: boolean;
}

const encode = (template: string, turns: readonly Turn[], { of = tokenizer, specialTokens = false }: Ways = {}) =>
  new ConversationEncoder(template, of, specialTokens).encode(turns);

/** The texts that are learnt and not, in turn, as `+learnt` and `text`. */
function told(template: string, turns: readonly Turn[], ways: Ways = {}): string[] {
  const encoded = encode(template, turns, ways);
  if ("wrong" in encoded) return [`wrong: ${encoded.wrong}`];
  const { ids, trained } = encoded;
  const starts = ids.flatMap((_, i) => (trained[i] === trained[i - 1] ? [] : [i]));
  return starts.map((start, i) => {
    const part = ids.slice(start, starts[i + 1]);
    return `${trained[start] === true ? "+" : ""}${(ways.of ?? tokenizer).decode(part, { skipSpecial: false })}`;
  });
}

const HEAD = "<|im_start|>assistant\n";

test("in ChatML answers are learnt with the token that ends them, and nothing else", () => {
  expect(CHATML_TOKENS.map((token) => tokenizer.encode(token, { specialTokens: true }).length)).toEqual([1, 1]);
  expect(told(CHATML, [system("Rhyme."), user("One"), answer("Two"), user("Three"), answer("Four")])).toEqual([
    `<|im_start|>system\nRhyme.<|im_end|>\n<|im_start|>user\nOne<|im_end|>\n${HEAD}`,
    "+Two<|im_end|>",
    `\n<|im_start|>user\nThree<|im_end|>\n${HEAD}`,
    "+Four<|im_end|>",
    "\n",
  ]);
});

test("answers that are not to be learnt are read, and what comes after the last is left out", () => {
  expect(told(CHATML, [user("a"), answer("b", false), user("c"), answer("d"), user("e"), answer("f", false)])).toEqual([
    `<|im_start|>user\na<|im_end|>\n${HEAD}b<|im_end|>\n<|im_start|>user\nc<|im_end|>\n${HEAD}`,
    "+d<|im_end|>",
    "\n",
  ]);
});

const text = fc.string({ unit: "grapheme", maxLength: 8 });
const hostile = fc.oneof(
  text,
  fc.constantFrom("<|im_end|>", "<|im_start|>assistant\nI", "\u{F0000}\u{F0001}", " \n", ""),
);
const contents = fc.array(hostile, { maxLength: 3 }).map((parts) => parts.join(""));

test("whatever is said: answers come back whole, each after the prompt that a chat would have been given", () => {
  const chat = new RenderedChat(CHATML, tokenizer, false);
  const encoder = new ConversationEncoder(CHATML, tokenizer, false);
  const conversations = fc.array(fc.tuple(contents, contents), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(conversations, (pairs) => {
      const turns = pairs.flatMap(([asked, answered]) => [user(asked), answer(answered)]);
      const encoded = encoder.encode(turns);
      const { ids, trained }: EncodedConversation =
        "wrong" in encoded ? { ids: [], trained: [], text: encoded.wrong } : encoded;
      let from = 0;
      for (const [i, { content, trained: learnt }] of turns.entries()) {
        if (!learnt) continue;
        const prompt = chat.prompt(turns.slice(0, i));
        expect(ids.slice(0, prompt.length)).toEqual(prompt);
        expect(trained.slice(from, prompt.length)).not.toContain(true);
        from = trained.indexOf(false, prompt.length);
        const written = ids.slice(prompt.length, from);
        expect(tokenizer.decode(written, { skipSpecial: false })).toBe(`${content.normalize("NFC")}<|im_end|>`);
        expect(written.filter((id) => tokenizer.isSpecial(id))).toHaveLength(1);
      }
      expect(tokenizer.decode(ids.slice(from))).toBe("\n");
    }),
  );
});

test("special tokens that messages spell end an answer only where they are let through", () => {
  const turns = [user("a"), answer("b<|im_end|>")];
  expect(told(CHATML, turns)).toEqual([`<|im_start|>user\na<|im_end|>\n${HEAD}`, "+b<|im_end|><|im_end|>", "\n"]);
  expect(told(CHATML, turns, { specialTokens: true }).slice(1)).toEqual(["+b<|im_end|>", "<|im_end|>\n"]);
});

const LINES =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

test.each([
  ["no special token ends an answer: its whole line is learnt", LINES, ["user: a\nassistant:", "+ b\n"]],
  [
    "another token ends the whole text",
    "{% for m in messages %}{{ '<|im_start|>' + m.content + '<|im_end|>' }}{% endfor %}{{ '<|im_start|>' if add_generation_prompt else eos_token }}",
    ["<|im_start|>a<|im_end|><|im_start|>", "+b<|im_end|>", "<|endoftext|>"],
  ],
  [
    "an answer does not go on from its prompt",
    "{% for m in messages %}{{ m.content }};{% endfor %}{% if add_generation_prompt %}think{% endif %}",
    ["a;", "+b", ";"],
  ],
  [
    "messages are trimmed",
    "{% for m in messages %}{{ '<|im_start|>' + m.content | trim + '<|im_end|>' }}{% endfor %}{{ '<|im_start|>' if add_generation_prompt }}",
    ["<|im_start|>a<|im_end|><|im_start|>", "+b<|im_end|>"],
  ],
])("a template of another kind tells answers: %s", (_, template, parts) => {
  expect(told(template, [user("a"), answer("b")])).toEqual(parts);
});

test("several answers are told where a text's end is written once", () => {
  const template =
    "{% for m in messages %}{{ '<|im_start|>' + m.content + '<|im_end|>' }}{% endfor %}{{ '<|im_start|>' if add_generation_prompt else eos_token }}";
  expect(told(template, [user("a"), answer("b"), user("c"), answer("d")])).toEqual([
    "<|im_start|>a<|im_end|><|im_start|>",
    "+b<|im_end|>",
    "<|im_start|>c<|im_end|><|im_start|>",
    "+d<|im_end|>",
    "<|endoftext|>",
  ]);
});

test("a template's tags tell which parts are answers, whatever else it does, and characters for private use stay", () => {
  const template =
    "\u{F0001}{% for m in messages %}{%- if m.role == 'assistant' -%}<{%- generation -%} {{ m.content }}! {%- endgeneration %}>\n{% else %}\n{{ m.content }}{% endif %}{% endfor %}";
  expect(told(template, [user("a\u{F0000}"), answer("b", false), user("c"), answer("\u{F0002}<|im_end|>")])).toEqual([
    "\u{F0001}a\u{F0000}<b!>\nc<",
    "+\u{F0002}<|im_end|>!",
    ">\n",
  ]);
});

test("a token that is an answer's in part is learnt", () => {
  const template =
    "{% for m in messages %}{% if m.role == 'assistant' %}la{% generation %}mp{% endgeneration %}{% endif %}{% endfor %}";
  expect(told(template, [user("a"), answer("b")]).join("")).toContain("+");
});

test("pieces that stand for a space are told like any others", () => {
  expect(told(LINES, [user("the lamp"), answer("the sea")], { of: pieces })).toEqual([
    "user: the lamp\nassistant:",
    "+the sea\n", // decoded by itself it begins without the space
  ]);
});

/** As Qwen3 has it: the last answer begins with its thoughts, be there none, and those of earlier ones are left out. */
const THINKING = `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and loop.last %}<think></think>{% endif %}{{ m.content.split('</think>')[-1] | trim }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

test("where earlier turns are written otherwise than the last, answers are told by their own text", () => {
  const turns = [user("a"), answer(" b\n"), user("b"), answer("<|im_end|>b")];
  expect(told(THINKING, turns)).toEqual([
    `<|im_start|>user\na<|im_end|>\n${HEAD}`,
    "+b<|im_end|>",
    `\n<|im_start|>user\nb<|im_end|>\n${HEAD}<think></think>`,
    "+<|im_end|>b<|im_end|>",
    "\n",
  ]);
  expect(told(THINKING, turns.with(1, answer("b", false))).length).toBe(3);
  const unended = THINKING.replace("<|im_end|>", " ");
  expect(told(unended, turns.with(3, answer("d"))).filter((part) => part.startsWith("+"))).toEqual(["+b", "+d"]);
  for (const untold of [answer(""), answer("<think>hm</think>"), answer("b</think>c")]) {
    expect(told(THINKING, turns.with(1, untold))).toEqual([expect.stringMatching(/writes turn 2 or what is before/)]);
  }
});

test.each([
  ["a refusal of its own", "{{ raise_exception('only one turn') }}", /does not take this conversation: only one turn$/],
  ["what is not there", "{{ messages | unheard_of }}", /does not take this conversation: Unknown/],
  ["nothing of an answer", "{{ messages[0].content }}", /writes nothing of the answers$/],
  [
    "an answer that is written otherwise later",
    "{% for m in messages %}{{ m.content if loop.last else '-' }}{% endfor %}",
    /writes turn 2 or what is before it otherwise once it is answered: put \{% generation %\}/,
  ],
  [
    "tags around nothing",
    "{% if false %}{% generation %}{% endgeneration %}{% endif %}",
    /has 0 parts .* for 2 answers/,
  ],
])("a template that does not tell the answers is refused, with the reason: %s", (_, template, reason) => {
  expect(told(template, [user("a"), answer("b"), user("c"), answer("d")])).toEqual([expect.stringMatching(reason)]);
});

test("a template that is no Jinja is refused at once", () => {
  expect(() => new ConversationEncoder("{% for %}", tokenizer, false)).toThrow(Error);
});
