import type { Command } from "commander";
import { ChatRequest, type ChatResponse } from "@trainer/platform";
import type { ChatMessage, ChatReply, OpenModel } from "@trainer/training";
import { ChatOptions } from "@trainer/options";
import { z } from "zod";
import { conversation } from "../chat/conversation.js";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL } from "../framework/define-command.js";
import { formatCount } from "../display/quantity.js";
import { Stopped } from "../process/interrupts.js";
import type { Io } from "../process/io.js";
import { openHere } from "../runs/open-here.js";
import type { Output } from "../display/output.js";
import { fieldsOf, finished, refuseLocal, requestOf } from "../remote/request.js";
import { MODEL_FLAGS } from "../flags/weights.js";

const { maxNewTokens, seed, specialTokens } = ChatOptions.shape;

const ChatFlags = z.strictObject({
  ...ChatOptions.shape,
  maxNewTokens: maxNewTokens.describe("the most tokens of an answer"),
  seed: seed.describe("equal seeds and messages give equal answers; left out: a new one"),
  specialTokens: specialTokens.describe("let special tokens spelled out in messages be these tokens"),
  ...MODEL_FLAGS,
});

const FIELDS = fieldsOf(ChatRequest, { session_id: "session" });

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Talk with a model. The prompt is the conversation so far, by the model's own chat template where its folder has one, else its turns marked User: and Assistant:, without the oldest where it would not fit. /reset begins anew, /exit leaves, //word says /word; Ctrl-C stops an answer, a second one leaves.",
    args: { run: word(MODEL) },
    options: ChatFlags,
    usesLibtorch: true,
    examples: {
      "trainer chat RUN": "a conversation on the terminal",
      "trainer chat RUN --temperature 0.5 --repetition-penalty 1.2": "surer, and not the same again and again",
      "trainer chat RUN --json < messages.txt": "a message a line in; a JSON line an answer out",
    },
    async runOn({ client }, { args: { run: runId }, options, out }) {
      refuseLocal(ChatFlags, options, Object.keys(FIELDS));
      await client.run(runId); // an unknown run is reported before anybody types
      const messages = conversation(io, out);
      if (messages.interactive) out.note(`${runId}. /reset begins anew, /exit leaves.`);
      let session: string | null = null;
      for await (const message of messages.lines) {
        const input = parsed(message);
        if (input.type === "exit") break;
        if (input.type === "reset") session = null;
        else if (input.type === "unknown") refuse(input.command, out);
        else if (input.text !== "") {
          const turn = { ...options, message: input.text, session };
          const request: ChatRequest = requestOf(ChatRequest, turn, FIELDS);
          const onText = (text: string) => out.data(text);
          const reply: ChatResponse = finished(
            await io.interruptible((signal) => client.chat(runId, request, { signal, onText })),
          );
          session = reply.session_id;
          out.record(reply);
          out.text("\n");
        }
      }
    },
    async run({ args: { run }, options: { device, weights, ...options }, home, out }) {
      using opened = await openHere(run, { device, weights }, { home, io, out });
      const messages = conversation(io, out);
      if (messages.interactive) {
        const tokens = formatCount(opened.contextLength);
        out.note(
          `${run}, with a memory of ${tokens} tokens. /reset begins anew, /exit leaves, Ctrl-C stops an answer.`,
        );
      }
      let history: readonly ChatMessage[] = [];
      const notes = new Set<string>();
      for await (const message of messages.lines) {
        const input = parsed(message);
        if (input.type === "exit") break;
        if (input.type === "reset") history = [];
        else if (input.type === "unknown") refuse(input.command, out);
        else if (input.text !== "") {
          const { interactive } = messages;
          history = await answer({ opened, history, message: input.text, options, io, out, notes, interactive });
        }
      }
    },
  });
}

interface Turn {
  readonly opened: OpenModel;
  readonly history: readonly ChatMessage[];
  readonly message: string;
  readonly options: Omit<z.output<typeof ChatFlags>, "device" | "weights">;
  readonly io: Io;
  readonly out: Output;
  /** Notes that were printed already: each is printed once. */
  readonly notes: Set<string>;
  readonly interactive: boolean;
}

type Input =
  | { readonly type: "exit" }
  | { readonly type: "reset" }
  | { readonly type: "unknown"; readonly command: string }
  | { readonly type: "message"; readonly text: string };

/** Parses a line: a command begins with one slash, a message that begins with a slash with two. */
function parsed(line: string): Input {
  if (line === "/exit") return { type: "exit" };
  if (line === "/reset") return { type: "reset" };
  if (line.startsWith("//")) return { type: "message", text: line.slice(1) };
  const [command] = line.split(/\s/, 1);
  return /^\/\S/.test(line) ? { type: "unknown", command: String(command) } : { type: "message", text: line };
}

function refuse(command: string, out: Output): void {
  const message = `there is no command ${command}: /reset begins anew, /exit leaves; /${command} says ${command} to the model`;
  if (out.json) out.record({ error: message });
  else out.note(message);
}

/** Writes the answer as it comes; returns the conversation with it. One that was stopped counts as far as it came. */
async function answer({
  opened,
  history,
  message,
  options,
  io,
  out,
  notes,
  interactive,
}: Turn): Promise<readonly ChatMessage[]> {
  const { chat } = await import("@trainer/training");
  let text = "";
  const onText = (piece: string) => {
    const shown = text === "" ? piece.trimStart() : piece;
    text += shown;
    out.data(shown);
  };
  try {
    const reply = await io
      .interruptible((signal) => chat(opened, history, message, options, { signal, onText }))
      .finally(() => out.text("\n"));
    for (const note of notesOn(reply)) {
      if (!notes.has(note)) out.note(note);
      notes.add(note);
    }
    out.record(replyJson(reply));
    return reply.history;
  } catch (error) {
    if (!(interactive && error instanceof Stopped && error.by === "SIGINT")) throw error;
    return [...history, { role: "user", content: message }, { role: "assistant", content: text.trim() }];
  }
}

/** Notes on the format of the conversation, where it is not the usual one. */
function notesOn({ begin, format, templateProblem }: ChatReply): string[] {
  const how =
    templateProblem === null
      ? "The conversation is written down by the model's own chat template."
      : `The model's chat template cannot be rendered here (${templateProblem}): turns are marked User: and Assistant:.`;
  return [
    ...(format === "template" || templateProblem !== null ? [how] : []),
    ...(begin.length > 0 ? [`It begins with ${begin.join("")}.`] : []),
  ];
}

const replyJson = ({ response, history, dropped, steps, finishReason, seed, ...how }: ChatReply) => ({
  response,
  finish_reason: finishReason,
  steps,
  seed,
  messages: history.length,
  dropped_messages: dropped,
  format: how.format,
  template_problem: how.templateProblem,
  begin_tokens: how.begin,
});
