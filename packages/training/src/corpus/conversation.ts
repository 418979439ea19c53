import { at } from "@trainer/disk";
import type { ConversationFormat } from "@trainer/options";
import { z } from "zod";
import { CorpusError } from "./corpus-error.js";
import { quoted } from "./text-field.js";

export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  /** True for an answer that is learnt; all else is only read. */
  readonly trained: boolean;
  /** Of a pair of answers to one prompt: which one the turn is of. */
  readonly answer?: "chosen" | "rejected" | undefined;
}

export interface Conversation {
  readonly format: ConversationFormat;
  readonly turns: readonly Turn[];
  /** Halves of surrogate pairs that became U+FFFD. */
  readonly replaced: number;
}

export interface ConversationReading {
  /** Place of the record for errors, such as `chats.jsonl:3`. */
  readonly where: string;
  /** Null: the format whose fields the record has. */
  readonly format: ConversationFormat | null;
}

/**
 * Reads a record as a conversation. Errors name its place and the field, and quote no text.
 *
 * @throws CorpusError INVALID_INPUT for another shape, an unknown role, and where there is no answer to learn
 */
export function readConversation(record: unknown, { where, format: wanted }: ConversationReading): Conversation {
  const wrong = (what: string) => new CorpusError("INVALID_INPUT", `${where}: no conversation: ${what}`);
  const object = Fields.safeParse(record);
  if (!object.success) throw wrong(problem(object.error));
  const fields = object.data;
  const format = wanted ?? formatOf(fields);
  if (format === null) throw wrong(`expected the fields ${EXPECTED}; ${fieldsOf(fields)}`);
  const list = "messages" in fields ? "messages" : "conversations";
  const schema = inLists(format, fields) ?? SCHEMAS[format];
  const read = schema.safeParse({ ...fields, [LIST]: fields[list] });
  if (!read.success) throw wrong(`by the format ${format}, ${problem(read.error, list)}; ${fieldsOf(fields)}`);
  const turns = read.data.map((turn) => ({ ...turn, content: turn.content.toWellFormed() }));
  if (!turns.some(({ trained }) => trained)) {
    throw wrong(`none of its ${turns.length} turns is an answer to learn: expected one by the assistant`);
  }
  const replaced = read.data.reduce((sum, { content }) => sum + (content.match(/\p{Cs}/gu)?.length ?? 0), 0);
  return { format, turns, replaced };
}

const Fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof Fields>;

const EXPECTED =
  '"messages" or "conversations" (a list of turns), "prompt" and "completion", or "instruction" and "output", or "chosen" and "rejected"';

const BySender = z.tuple([z.looseObject({ from: z.string() })], z.unknown());

/** The format whose fields a record has; null for none. */
export function formatOf(fields: Fields): ConversationFormat | null {
  if ("chosen" in fields && "rejected" in fields) return "preference";
  const turns = fields["messages"] ?? fields["conversations"];
  if (turns !== undefined) return BySender.safeParse(turns).success ? "sharegpt" : "messages";
  if ("prompt" in fields && "completion" in fields) return "prompt-completion";
  return "instruction" in fields && "output" in fields ? "alpaca" : null;
}

/** Roles by the names that files give them. */
const ROLES = new Map<string, Turn["role"]>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["gpt", "assistant"],
  ["chatgpt", "assistant"],
  ["model", "assistant"],
  ["bot", "assistant"],
]);

const Role = z.string().transform((name, context) => {
  const known = ROLES.get(name.toLowerCase());
  if (known !== undefined) return known;
  context.addIssue(`the role ${quoted(name)} is none of ${[...ROLES.keys()].join(", ")}`);
  return z.NEVER;
});
const Text = z.string().refine((text) => !text.includes("\0"), "there is a NUL in it: leave it out");
const OptionalText = Text.nullish().transform((text) => text ?? "");

const said = (role: Turn["role"], content: string, weight: 0 | 1 = 1): Turn => ({
  role,
  content,
  trained: role === "assistant" && weight === 1,
});
const systemOf = (content: string): Turn[] => (content === "" ? [] : [said("system", content)]);

/** A message; an answer of weight 0 is only read, as in files for OpenAI. */
const Message = z
  .looseObject({ role: Role, content: Text, weight: z.literal([0, 1]).nullish() })
  .transform(({ role, content, weight }) => said(role, content, weight ?? 1));
const Sent = z.looseObject({ from: Role, value: Text }).transform(({ from, value }) => said(from, value));

/** Name here of the list of turns, which files call "messages" or "conversations". */
const LIST = "turns";
const listOf = (turn: z.ZodType<Turn>) =>
  z
    .looseObject({ [LIST]: z.array(turn), system: OptionalText })
    .transform(({ turns, system }): Turn[] => [...systemOf(system), ...turns]);

/** Only the completion is learnt, whoever speaks in the prompt. */
const Halves = z
  .looseObject({ prompt: z.array(Message), completion: z.array(Message) })
  .transform(({ prompt, completion }): Turn[] => [
    ...prompt.map((turn) => ({ ...turn, trained: false })),
    ...completion,
  ]);
const Texts = z
  .looseObject({ prompt: Text, completion: Text })
  .transform(({ prompt, completion }): Turn[] => [said("user", prompt), said("assistant", completion)]);

const Sides = { chosen: z.array(Message), rejected: z.array(Message) };
type Side = NonNullable<Turn["answer"]>;

/** Turns of a pair: those of the prompt are only read, in each answer what the assistant says is learnt. */
const pairOf = (prompt: readonly Turn[], answers: Readonly<Record<Side, readonly Turn[]>>): Turn[] => [
  ...prompt.map((turn) => ({ ...turn, trained: false })),
  ...SIDES.flatMap((answer) => answers[answer].map((turn) => ({ ...turn, answer }))),
];
const SIDES = ["chosen", "rejected"] as const;

const PairOfTexts = z
  .looseObject({ prompt: Text, chosen: Text, rejected: Text })
  .transform(({ prompt, chosen, rejected }) =>
    pairOf([said("user", prompt)], {
      chosen: [said("assistant", chosen)],
      rejected: [said("assistant", rejected)],
    }),
  );

/** Lists that begin with an answer follow the prompt; others are whole conversations, whose common beginning it is. */
const PairOfLists = z
  .looseObject({ prompt: z.union([Text, z.array(Message)]).nullish(), ...Sides })
  .transform(({ prompt, chosen, rejected }, context): Turn[] => {
    const isWhole = [chosen[0], rejected[0]].every((turn) => turn?.role !== "assistant");
    const shared = isWhole ? sharedTurns(chosen, rejected) : 0;
    const given = typeof prompt === "string" ? [said("user", prompt)] : (prompt ?? []);
    const asked = isWhole ? chosen.slice(0, shared) : given;
    const answers = { chosen: chosen.slice(shared), rejected: rejected.slice(shared) };
    for (const side of SIDES) {
      if (answers[side].some(({ trained }) => trained)) continue;
      context.addIssue({ code: "custom", message: "no answer by the assistant that the other has not", path: [side] });
    }
    if (asked.length === 0) context.addIssue({ code: "custom", message: "nothing is asked", path: ["prompt"] });
    return pairOf(asked, answers);
  });

/** Number of turns that two conversations begin with alike; the last of each is its answer. */
function sharedTurns(chosen: readonly Turn[], rejected: readonly Turn[]): number {
  const most = Math.max(0, Math.min(chosen.length, rejected.length) - 1);
  const other = chosen
    .slice(0, most)
    .findIndex(({ role, content }, i) => role !== rejected[i]?.role || content !== rejected[i]?.content);
  return other === -1 ? most : other;
}

const Alpaca = z
  .looseObject({
    instruction: Text,
    input: OptionalText,
    output: Text,
    system: OptionalText,
    history: z.array(z.tuple([Text, Text])).nullish(),
  })
  .transform(({ instruction, input, output, system, history }): Turn[] => [
    ...systemOf(system),
    ...(history ?? []).flatMap(([asked, answered]) => [said("user", asked), said("assistant", answered)]),
    said("user", input === "" ? instruction : `${instruction}\n${input}`),
    said("assistant", output),
  ]);

/** The schema of what a format has in lists of messages in place of texts; null where it is in texts. */
function inLists(format: ConversationFormat, { prompt, chosen, rejected }: Fields) {
  if (format === "prompt-completion" && Array.isArray(prompt)) return Halves;
  return format === "preference" && (Array.isArray(chosen) || Array.isArray(rejected)) ? PairOfLists : null;
}

const SCHEMAS = {
  messages: listOf(Message),
  sharegpt: listOf(Sent),
  alpaca: Alpaca,
  "prompt-completion": Texts,
  preference: PairOfTexts,
} satisfies Record<ConversationFormat, z.ZodType<readonly Turn[]>>;

const SHOWN = 20;

/** What is wrong first, and where: `messages[2].content: expected string, received null`. */
function problem({ issues }: z.ZodError, list: string = LIST): string {
  const { path, message } = at(issues, 0);
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key === LIST ? list : String(key)}`));
  const what = message.replace("Invalid input: ", "");
  return place.length === 0 ? what : `${place.join("").slice(1)}: ${what}`;
}

function fieldsOf(fields: Fields): string {
  const names = Object.keys(fields);
  if (names.length === 0) return "it has no fields";
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `its fields are ${names.slice(0, SHOWN).map(quoted).join(", ")}${more}`;
}
