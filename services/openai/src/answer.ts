import { randomUUID } from "node:crypto";
import { finished } from "node:stream";
import type { FastifyReply } from "fastify";
import { collected, type Written } from "./collect.js";
import type { Part, Writing } from "./completion.js";
import type { ServedModel } from "./models.js";
import type { Room } from "./room.js";
import { sendEvents } from "./sse.js";

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

interface Asked {
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
}

/** Answers with what is written: at its end, or as it grows. A client that goes away ends it. */
export async function answer<L>(
  form: Form<L>,
  writing: Writing<L>,
  { model, asked, room, reply }: { model: ServedModel; asked: Asked; room: Room; reply: FastifyReply },
): Promise<unknown> {
  const leave = room.enter(writing.count);
  const gone = new AbortController();
  // Also of a client that has gone already, whose end is told no more.
  finished(reply.raw, () => {
    gone.abort();
    leave();
  });
  const head = {
    id: `${form.prefix}-${randomUUID().replaceAll("-", "")}`,
    object: form.object,
    created: Math.floor(Date.now() / 1000),
    model: model.id,
  };
  if (asked.stream === true) {
    const hasUsage = asked.stream_options?.include_usage === true;
    return sendEvents(reply, pieces(form, writing, { ...head, object: form.pieces }, hasUsage, gone.signal));
  }
  const written = await collected(writing, gone.signal);
  const tokens = written.reduce((sum, { steps }) => sum + steps, 0);
  return { ...head, choices: written.map(form.choice), usage: usageOf(writing.promptTokens, tokens) };
}

async function* pieces<L>(
  form: Form<L>,
  writing: Writing<L>,
  head: object,
  hasUsage: boolean,
  signal: AbortSignal,
): AsyncGenerator<object, void, undefined> {
  const usage = hasUsage ? { usage: null } : {};
  for (let index = 0; index < writing.count; index += 1) {
    const begin = form.begin(index);
    if (begin !== null) yield { ...head, choices: [begin], ...usage };
  }
  let tokens = 0;
  for await (const part of writing.parts(signal)) {
    tokens += part.steps;
    yield { ...head, choices: [form.piece(part)], ...usage };
  }
  if (hasUsage) yield { ...head, choices: [], usage: usageOf(writing.promptTokens, tokens) };
}

const usageOf = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});
