import { conversationFormats, type ConversationFormat } from "@trainer/options";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readConversation, type Turn } from "./conversation.js";
import { CorpusError } from "./corpus-error.js";

const read = (record: unknown, format: ConversationFormat | null = null) =>
  readConversation(record, { where: "a.jsonl:7", format });
/** Turns as `role: content`, with a `+` before those that are learnt. */
const shown = (record: unknown, format: ConversationFormat | null = null) =>
  read(record, format).turns.map(({ role, content, trained }) => `${trained ? "+" : ""}${role}: ${content}`);
/** What is wrong with a record. */
function wrong(record: unknown, format: ConversationFormat | null = null): string {
  try {
    return `no error but ${shown(record, format).join()}`;
  } catch (error) {
    const isOurs = error instanceof CorpusError && error.code === "INVALID_INPUT";
    return isOurs ? error.message.replace("a.jsonl:7: no conversation: ", "") : `another error: ${String(error)}`;
  }
}

const asked = { role: "user", content: "Who?" };
const answered = { role: "assistant", content: "I." };

test.each<[ConversationFormat, string, unknown, string[]]>([
  ["messages", "turns", { messages: [asked, answered] }, ["user: Who?", "+assistant: I."]],
  [
    "messages",
    "several turns, a system message, other fields",
    { id: 1, messages: [{ role: "system", content: "Be brief." }, asked, { ...answered, name: "x" }, asked, answered] },
    ["system: Be brief.", "user: Who?", "+assistant: I.", "user: Who?", "+assistant: I."],
  ],
  [
    "messages",
    "answers of no weight, under the other name, with a system message of its own",
    {
      conversations: [
        { role: "developer", content: "" },
        { ...answered, weight: 0 },
        { ...answered, weight: 1 },
      ],
      system: "S",
    },
    ["system: S", "system: ", "assistant: I.", "+assistant: I."],
  ],
  [
    "sharegpt",
    "its names of roles",
    {
      conversations: [
        { from: "human", value: "Who?" },
        { from: "GPT", value: "I." },
      ],
      system: null,
    },
    ["user: Who?", "+assistant: I."],
  ],
  ["sharegpt", "under the other name", { messages: [{ from: "bot", value: "I." }] }, ["+assistant: I."]],
  ["prompt-completion", "texts", { prompt: "Who?", completion: "I." }, ["user: Who?", "+assistant: I."]],
  [
    "prompt-completion",
    "turns, of which the completion's answers alone are learnt",
    { prompt: [asked, answered, asked], completion: [answered] },
    ["user: Who?", "assistant: I.", "user: Who?", "+assistant: I."],
  ],
  ["alpaca", "without input", { instruction: "Who?", output: "I." }, ["user: Who?", "+assistant: I."]],
  [
    "alpaca",
    "all its fields",
    { instruction: "Add.", input: "1 2", output: "3", system: "S", history: [["a", "b"]] },
    ["system: S", "user: a", "+assistant: b", "user: Add.\n1 2", "+assistant: 3"],
  ],
  [
    "alpaca",
    "a blank answer",
    { instruction: "Who?", input: "", output: "", history: null },
    ["user: Who?", "+assistant: "],
  ],
])("a record in the format %s is recognized and read: %s", (format, _, record, turns) => {
  expect(read(record)).toMatchObject({ format, replaced: 0 });
  expect(shown(record)).toEqual(turns);
  expect(shown(record, format)).toEqual(turns);
});

test("what is wrong is said with its place and the fields that are there, and no text", () => {
  const messages = (...turns: unknown[]) => wrong({ messages: turns });
  expect(wrong(null)).toBe("expected record, received null");
  expect(wrong([asked])).toBe("expected record, received array");
  expect(wrong("secret")).toBe("expected record, received string");
  expect(wrong({})).toMatch(/^expected the fields "messages" or .*; it has no fields$/);
  expect(wrong({ text: "secret", prompt: "secret" })).toMatch(/"rejected"; its fields are "text", "prompt"$/);
  const many = Object.fromEntries(Array.from({ length: 22 }, (_, i) => [`f${i}`, i]));
  expect(wrong(many)).toMatch(/"f18", "f19" and 2 more$/);
  expect(messages(asked, { role: "assistant", content: null })).toBe(
    'by the format messages, messages[1].content: expected string, received null; its fields are "messages"',
  );
  expect(messages(asked, answered, "secret")).toMatch(/messages\[2\]: expected object, received string;/);
  expect(messages({ role: "tool", content: "secret" })).toMatch(
    /messages\[0\]\.role: the role "tool" is none of system, developer, user, human, assistant, gpt,/,
  );
  expect(messages({ ...answered, weight: 0.5 })).toMatch(
    /messages\[0\]\.weight: Invalid option: expected one of 0\|1;/,
  );
  expect(messages({ ...answered, content: "secret\0" })).toMatch(/messages\[0\]\.content: there is a NUL in it: /);
  expect(messages()).toMatch(/^none of its 0 turns is an answer to learn: expected one by the assistant$/);
  expect(messages(asked, { ...answered, weight: 0 })).toMatch(/^none of its 2 turns is an answer/);
  expect(wrong({ conversations: "secret" })).toMatch(/conversations: expected array, received string/);
  expect(wrong({ conversations: [{ from: "human" }] })).toMatch(
    /format sharegpt, conversations\[0\]\.value: expected string/,
  );
  expect(wrong({ prompt: "secret", completion: 1 })).toMatch(/completion: expected string, received number;/);
  expect(wrong({ prompt: [asked], completion: "secret" })).toMatch(/completion: expected array, received string;/);
  expect(wrong({ prompt: [asked], completion: [asked] })).toMatch(/^none of its 2 turns/);
  expect(wrong({ instruction: "a", output: 1 })).toMatch(/by the format alpaca, output: expected string/);
  expect(wrong({ messages: [asked, answered] }, "alpaca")).toMatch(/by the format alpaca, instruction: .*"messages"$/);
  expect(wrong({ prompt: [], text: 1 }, "sharegpt")).toMatch(
    /sharegpt, conversations: expected array, received undefined/,
  );
});

test("halves of surrogate pairs become U+FFFD and are counted", () => {
  const record = { prompt: "a\uD800b", completion: "\uDC00\u{1F600}" };
  expect(read(record).replaced).toBe(2);
  expect(shown(record)).toEqual(["user: a\uFFFDb", "+assistant: \uFFFD\u{1F600}"]);
});

test("the same turns come back from every format that can hold them", () => {
  const text = fc.string({ unit: "grapheme" }).filter((each) => !each.includes("\0"));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }), (pairs) => {
      const turns = pairs.flatMap(([user, assistant]): Turn[] => [
        { role: "user", content: user, trained: false },
        { role: "assistant", content: assistant, trained: true },
      ]);
      const [[instruction, output] = ["", ""], ...earlier] = pairs.toReversed();
      const said = { user: "human", assistant: "gpt", system: "system" };
      const records = {
        messages: { messages: turns.map(({ role, content }) => ({ role, content })) },
        sharegpt: { conversations: turns.map(({ role, content }) => ({ from: said[role], value: content })) },
        alpaca: { instruction, output, history: earlier.toReversed() },
        "prompt-completion": { prompt: turns.slice(0, -1), completion: turns.slice(-1) },
      };
      for (const format of conversationFormats) {
        if (format === "preference") continue; // of two answers
        const last = turns.length - 1;
        const lastOnly = turns.map((turn, i) => ({ ...turn, trained: i === last }));
        const expected = format === "prompt-completion" ? lastOnly : turns;
        expect(read(records[format])).toEqual({ format, turns: expected, replaced: 0 });
      }
    }),
  );
});

test("any value is read or refused by the record's name", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom("messages", "conversations", "prompt", "instruction"),
      (value, name) => {
        expect(wrong({ [name]: value, completion: value, output: value })).not.toMatch(/^another error/);
      },
    ),
  );
});

test("pairs are read from texts, from lists after a prompt, and from whole conversations", () => {
  const message = (role: string, content: string) => ({ role, content });
  const [asked, good, bad] = [message("user", "q"), message("assistant", "a"), message("assistant", "b")];
  const turns = [
    { role: "user", content: "q", trained: false },
    { role: "assistant", content: "a", trained: true, answer: "chosen" },
    { role: "assistant", content: "b", trained: true, answer: "rejected" },
  ];
  const lists = { chosen: [good], rejected: [bad] };
  const whole = { chosen: [asked, good], rejected: [asked, bad] };
  const texts = { prompt: "q", chosen: "a", rejected: "b" };
  for (const record of [
    texts,
    { prompt: [asked], ...lists },
    { prompt: "q", ...lists },
    whole,
    { prompt: "q", ...whole },
  ])
    expect(read(record)).toEqual({ format: "preference", turns, replaced: 0 });
  const other = read({ chosen: [asked, good, asked, good], rejected: [asked, bad, asked, bad] }).turns;
  expect(other.map(({ answer }) => answer?.[0] ?? "-").join("")).toBe("-cccrrr");
  expect(wrong({ chosen: "a", rejected: "b" })).toMatch(/prompt: expected string/);
  expect(wrong({ ...lists })).toMatch(/prompt: nothing is asked/);
  expect(wrong({ chosen: [asked, good], rejected: [asked] })).toMatch(/rejected: no answer/);
});
