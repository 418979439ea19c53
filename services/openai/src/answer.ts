import { randomUUID } from "node:crypto";
import type { FastifyReply } from "fastify";
import { collected, type Written } from "./collect.js";
import type { Room } from "./room.js";
import type { Part, ServedModel, Writing } from "./served-model.js";
import { sendEvents } from "./sse.js";
import { untilGone } from "./until-gone.js";

/** How one kind of answer is put, whole and in pieces. */
export interface Form<L> {
  readonly prefix: string;
  readonly object: string;
  /** The kind of its pieces. */
  readonly pieces: string;
  /** The whole of a text. */
  choice(written: Written<L>, index: number): object;
  /** What each text begins with in pieces, before there is any of it; null: nothing. */
  begin(index: number): object | null;
  piece(part: Part<L>): object;
}

/** What is to be answered. */
export interface Asked<L> {
  readonly model: Pick<ServedModel, "id">;
  /** Texts that are asked for. */
  readonly count: number;
  begin(signal: AbortSignal): Promise<Writing<L>>;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
}

/** Answers with what is written: at its end, or as it grows. A client that goes away ends it. */
export async function answer<L>(form: Form<L>, asked: Asked<L>, room: Room, reply: FastifyReply): Promise<unknown> {
  const { count, model } = asked;
  const leave = room.enter(count);
  const gone = untilGone(reply);
  gone.addEventListener("abort", leave);
  const writing = await asked.begin(gone);
  const head = {
    id: `${form.prefix}-${randomUUID().replaceAll("-", "")}`,
    object: form.object,
    created: Math.floor(Date.now() / 1000),
    model: model.id,
  };
  if (asked.stream === true) {
    const hasUsage = asked.stream_options?.include_usage === true;
    return sendEvents(reply, pieces(form, writing, { ...head, object: form.pieces }, { count, hasUsage }));
  }
  const written = await collected(writing, count);
  const tokens = written.reduce((sum, { steps }) => sum + steps, 0);
  return { ...head, choices: written.map(form.choice), usage: usageOf(writing.promptTokens, tokens) };
}

async function* pieces<L>(
  form: Form<L>,
  { promptTokens, parts }: Writing<L>,
  head: object,
  { count, hasUsage }: { readonly count: number; readonly hasUsage: boolean },
): AsyncGenerator<object, void, undefined> {
  const usage = hasUsage ? { usage: null } : {};
  for (let index = 0; index < count; index += 1) {
    const begin = form.begin(index);
    if (begin !== null) yield { ...head, choices: [begin], ...usage };
  }
  let tokens = 0;
  for await (const part of parts) {
    tokens += part.steps;
    yield { ...head, choices: [form.piece(part)], ...usage };
  }
  if (hasUsage) yield { ...head, choices: [], usage: usageOf(promptTokens, tokens) };
}

const usageOf = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});
